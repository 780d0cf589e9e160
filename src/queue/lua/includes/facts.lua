-- @include rate.lua

-- What is true of the line for all of its places, as the scripts answer it: see factsOf in place-reply.ts.
local function line_facts(now)
  local fields = redis.call('HMGET', line_key, 'seats_free', 'recovers_until', 'away_after_ms')
  local recovering = now < (tonumber(fields[2]) or 0) and 1 or 0
  return { now, line_epoch(), tonumber(fields[1]) or -1, admission_rate_milli(now), recovering, tonumber(fields[3]) }
end
