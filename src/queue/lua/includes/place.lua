-- @include line.lua
-- @include server-run.lua

-- Admissions a second, times 1000, as measured: the present window and the share of the one before that the
-- last minute still covers.
local function admission_rate_milli(now)
  local fields = redis.call('HMGET', line_key, 'rate_window', 'rate_count', 'rate_before')
  local window, count, before = tonumber(fields[1]), tonumber(fields[2]) or 0, tonumber(fields[3]) or 0
  if not window then return 0 end
  local current = math.floor(now / RATE_WINDOW_MS)
  if current == window + 1 then
    before, count = count, 0
  elseif current ~= window then
    return 0
  end
  local share = 1 - (now % RATE_WINDOW_MS) / RATE_WINDOW_MS
  return math.floor((before * share + count) * 1000 * 1000 / RATE_WINDOW_MS)
end

-- What became of a place that has ended; nil where nothing is known of its end.
local function ended_state(number)
  if redis.call('ZSCORE', ended_key, number .. ':C') then return 'COMPLETED' end
  if redis.call('ZSCORE', ended_key, number .. ':L') then return 'LEFT' end
  if redis.call('ZSCORE', ended_key, number .. ':E') then return 'EXPIRED' end
end

-- Puts a user who was set aside back where the number stands.
local function come_back(user, number, now)
  redis.call('ZREM', away_key, user)
  redis.call('ZADD', waiting_key, number, user)
  redis.call('ZADD', seen_key, now, user)
  log_event('R', number)
end

-- Puts a user back whose place Redis lost with its last second: the number was given, as the signed token says, and has
-- not ended. Others who lost theirs come back the same way.
local function bring_back(user, number, now)
  notice_new_run()
  redis.call('HSET', places_key, user, number)
  come_back(user, number, now)
end

-- State, position (1 is next, 0 where nobody waits by it) and end of the admission of the place with this number.
-- With touch, asking counts as being seen.
local function place_state(user, number, now, touch)
  local current = redis.call('HGET', places_key, user)
  if current ~= tostring(number) then
    local ended = ended_state(number)
    if ended or current or not touch then return ended or 'EXPIRED', 0, 0 end
    bring_back(user, number, now)
  end
  local ends_at = tonumber(redis.call('ZSCORE', admitted_key, user))
  if ends_at then
    if ends_at > now then return 'ADMITTED', 0, ends_at end
    return 'EXPIRED', 0, 0
  end
  local away_since = tonumber(redis.call('ZSCORE', away_key, user))
  if away_since then
    if away_since + line_number('away_ttl_ms') <= now then return 'EXPIRED', 0, 0 end
    if not touch then return 'AWAY', 0, 0 end
    come_back(user, number, now)
  elseif touch then
    redis.call('ZADD', seen_key, 'XX', now, user)
  end
  return 'WAITING', redis.call('ZRANK', waiting_key, user) + 1, 0
end

-- The place as the scripts answer it: see snapshotOf in queue.store.ts.
local function place_reply(user, number, epoch, now, touch)
  local state, position, ends_at
  if epoch ~= line_number('epoch') then
    state, position, ends_at = 'EXPIRED', 0, 0
  else
    state, position, ends_at = place_state(user, number, now, touch)
  end
  local seats_free = tonumber(redis.call('HGET', line_key, 'seats_free')) or -1
  return { state, number, epoch, position, ends_at, now, seats_free, admission_rate_milli(now) }
end
