-- Counts a line, for operators.
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
--
-- Returns {1, waiting, away, admitted, last number, admissions a second times 1000, free seats or -1, epoch}, or {-1}
-- LINE_MISSING.

-- @include includes/place.lua

if redis.call('EXISTS', line_key) == 0 then return { -1 } end
local now = now_ms()
return {
  1,
  redis.call('ZCARD', waiting_key),
  redis.call('ZCARD', away_key),
  redis.call('ZCOUNT', admitted_key, '(' .. now, '+inf'),
  line_number('number'),
  admission_rate_milli(now),
  tonumber(redis.call('HGET', line_key, 'seats_free')) or -1,
  line_number('epoch'),
}
