-- @include line.lua
-- @include server-run.lua

-- What became of a place that has ended; nil where nothing is known of its end.
local function ended_state(ordinal)
  local text = ordinal_text(ordinal)
  if redis.call('ZSCORE', ended_key, text .. ':C') then return 'COMPLETED' end
  if redis.call('ZSCORE', ended_key, text .. ':L') then return 'LEFT' end
  if redis.call('ZSCORE', ended_key, text .. ':E') then return 'EXPIRED' end
end

-- Puts a user back in line where the number stands.
local function come_back(user, ordinal, now)
  redis.call('ZREM', away_key, user)
  redis.call('ZADD', waiting_key, ordinal, user)
  redis.call('ZADD', seen_key, now, user)
  log_event('R', { ordinal })
end

-- Gives a user the place back that Redis lost: the number was given, as the signed token says, and has not ended. A later
-- place that the user took meanwhile is given up for it: one place per user, and its tokens name this one from now on.
-- That was no turn: a place that is earlier still can come back by its token.
local function give_back(user, ordinal, now)
  notice_new_run()
  local later = tonumber(redis.call('HGET', places_key, user))
  if later then give_up(user, later, 'L', now) end
  redis.call('HSET', places_key, user, ordinal)
end

-- Whether a place of an epoch before can still come back: for a while, and to who had no place in this epoch that ended.
local function can_restore(user, now)
  return now < line_number('restores_until') and not redis.call('ZSCORE', ended_key, user)
end

-- The ordinal under which the user stands in line where a token names this one; else nil and what the token's place is.
-- With touch, a place of this epoch that Redis lost comes back at once. A lost place of an epoch before is 'LOST' until
-- Postgres was asked what became of it: see restore-places-10.
local function standing(user, ordinal, now, touch)
  local current = tonumber(redis.call('HGET', places_key, user))
  if current == ordinal then return current end
  if ordinal >= EPOCH_SPAN then return nil, 'EXPIRED' end
  if current and current < ordinal then return current end
  local ended = ended_state(ordinal)
  if ended then return nil, ended end
  if current and redis.call('ZSCORE', admitted_key, user) then return current end
  if ordinal < 0 then return nil, can_restore(user, now) and 'LOST' or 'EXPIRED' end
  if not touch then return nil, 'EXPIRED' end
  give_back(user, ordinal, now)
  come_back(user, ordinal, now)
  return ordinal
end
