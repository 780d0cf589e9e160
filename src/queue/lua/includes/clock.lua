-- Milliseconds since 1970 by the server's clock: one clock for all instances.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The same, finer than a millisecond: no two steps have one time, so it says which of two was the later one.
local function exact_ms()
  local time = redis.call('TIME')
  return string.format('%.3f', time[1] * 1000 + time[2] / 1000)
end
