-- Lets a line that is over go after a while, all of it at the same moment.
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
-- ARGV[1] after how long, ms
--
-- Returns 1.

-- @include includes/line.lua

local ends_at = now_ms() + tonumber(ARGV[1])
for _, key in ipairs(KEYS) do redis.call('PEXPIREAT', key, ends_at) end
return 1
