-- @include standing.lua

-- State, position (1 is next, 0 where nobody waits by it) and end of the admission of a user who stands in line. With
-- touch, asking counts as being seen.
local function standing_state(user, ordinal, now, touch)
  local rank = redis.call('ZRANK', waiting_key, user)
  if not rank then
    local ends_at = tonumber(redis.call('ZSCORE', admitted_key, user))
    if ends_at then
      if ends_at > now then return 'ADMITTED', 0, ends_at end
      return 'EXPIRED', 0, 0
    end
    local away_since = tonumber(redis.call('ZSCORE', away_key, user))
    if away_since + line_number('away_ttl_ms') <= now then return 'EXPIRED', 0, 0 end
    if not touch then return 'AWAY', 0, 0 end
    come_back(user, ordinal, now)
    rank = redis.call('ZRANK', waiting_key, user)
  elseif touch then
    redis.call('ZADD', seen_key, 'XX', now, user)
  end
  return 'WAITING', rank + 1, 0
end

-- The place that a token names, as the scripts answer it: see snapshotOf in place-reply.ts.
local function place_reply(user, number, epoch, now, touch)
  local ordinal, ended = standing(user, ordinal_of(epoch, number), now, touch)
  if not ordinal then return { ended, number, epoch, 0, 0 } end
  local state, position, ends_at = standing_state(user, ordinal, now, touch)
  epoch, number = named_by(ordinal)
  return { state, number, epoch, position, ends_at }
end
