-- Reads the places that tokens name.
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
-- ARGV[1] '1' where asking counts as being seen, else '0'
-- ARGV[2...] user, number, epoch, once for each place to read
--
-- Returns {1, facts of the line, place reply, ...}, or {-1} LINE_MISSING.

-- @include includes/facts.lua
-- @include includes/place.lua

if redis.call('EXISTS', line_key) == 0 then return { -1 } end
local now = now_ms()
local reply = { 1, line_facts(now) }
for i = 2, #ARGV, 3 do
  reply[#reply + 1] = place_reply(ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), now, ARGV[1] == '1')
end
return reply
