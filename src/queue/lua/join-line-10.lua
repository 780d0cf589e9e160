-- Gives users places at the end of the line, in the order in which they are named, or the places that they have: one place
-- per user, numbers from a counter, never from a clock.
--
-- KEYS[1] line
-- KEYS[2] places
-- KEYS[3] waiting
-- KEYS[4] seen
-- KEYS[5] away
-- KEYS[6] admitted
-- KEYS[7] holders
-- KEYS[8] ended
-- KEYS[9] log
-- KEYS[10] holding
-- ARGV[1...] users
--
-- Returns {1, facts of the line, outcome, ...}, or {-1} LINE_MISSING. There is an outcome for each user: {1, place reply},
-- {-2, opens at, now} QUEUE_NOT_OPEN or {-3} QUEUE_DRAINING.

-- @include includes/facts.lua
-- @include includes/place.lua

if redis.call('EXISTS', line_key) == 0 then return { -1 } end
local now, opens_at = now_ms(), line_number('queue_opens_at')
local draining = redis.call('HGET', line_key, 'mode') == 'DRAINING'

local function join(user)
  local ordinal = tonumber(redis.call('HGET', places_key, user))
  if ordinal then
    local epoch, number = named_by(ordinal)
    local place = place_reply(user, number, epoch, now, true)
    if place[1] ~= 'EXPIRED' then return { 1, place } end
    -- The place ran out and nobody cleared it away yet: it ends here, and the user stands at the end of the line.
    end_place(user, ordinal, 'E', now)
  end
  if now < opens_at then return { -2, tostring(opens_at), tostring(now) } end
  if draining then return { -3 } end

  notice_new_run()
  local number = redis.call('HINCRBY', line_key, 'number', 1)
  redis.call('HSET', places_key, user, number)
  redis.call('ZADD', waiting_key, number, user)
  redis.call('ZADD', seen_key, now, user)
  return { 1, place_reply(user, number, line_epoch(), now, false) }
end

local reply = { 1, line_facts(now) }
for i = 1, #ARGV do reply[#reply + 1] = join(ARGV[i]) end
return reply
