-- @include rate.lua

-- How many the house takes before it is full for the first time; -1 once it was. An empty house fills at the rate of the
-- policy, which says nothing of the pace at which those come in who have to wait for others to leave.
local function first_room(now)
  local fields = redis.call('HMGET', line_key, 'full_at', 'capacity')
  if fields[1] then return -1 end
  return math.max(0, fields[2] - redis.call('ZCOUNT', admitted_key, '(' .. now, '+inf'))
end

-- What is true of the line for all of its places, as the scripts answer it: see factsOf in place-reply.ts.
local function line_facts(now)
  local fields = redis.call('HMGET', line_key, 'seats_free', 'recovers_until', 'away_after_ms')
  local recovering = now < (tonumber(fields[2]) or 0) and 1 or 0
  return { now, line_epoch(), tonumber(fields[1]) or -1, rate_milli(now, 'passed'), first_room(now), recovering,
    tonumber(fields[3]) }
end
