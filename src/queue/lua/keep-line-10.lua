-- Takes back that a line goes after a while: its concert was over and has performances again.
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
-- Returns 1, or -1 LINE_MISSING: whoever comes next opens it.

-- @include includes/line.lua

if redis.call('EXISTS', line_key) == 0 then return -1 end
for _, key in ipairs(KEYS) do redis.call('PERSIST', key) end
return 1
