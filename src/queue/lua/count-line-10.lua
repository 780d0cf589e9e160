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
-- KEYS[10] holding
--
-- Returns {1, waiting, away, admitted, last number, admissions a second times 1000, facts of the line}, or {-1}
-- LINE_MISSING.

-- @include includes/facts.lua

if redis.call('EXISTS', line_key) == 0 then return { -1 } end
local now = now_ms()
return {
  1,
  redis.call('ZCARD', waiting_key),
  redis.call('ZCARD', away_key),
  redis.call('ZCOUNT', admitted_key, '(' .. now, '+inf'),
  line_number('number'),
  rate_milli(now, 'admitted'),
  line_facts(now),
}
