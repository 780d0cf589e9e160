-- Reads the place that a token names.
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
-- ARGV[1] '1' where asking counts as being seen, else '0'
-- ARGV[2...] user, number, epoch, once for each place to read
--
-- Returns {1, place reply, ...}, or {-1} LINE_MISSING.

-- @include includes/place.lua

if redis.call('EXISTS', line_key) == 0 then return { -1 } end
local now = now_ms()
local reply = { 1 }
for i = 2, #ARGV, 3 do
  reply[#reply + 1] = place_reply(ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), now, ARGV[1] == '1')
end
return reply
