-- Writes into the line how many seats of the concert are free, which its places show and its doors look at. Told to the
-- watchers at once where the concert sold out or a seat came back.
--
-- KEYS[1] line
-- KEYS[2...] held seats and sold seats, of each performance on sale
-- ARGV[1] how many seats these performances have; 0 where none of them is on sale any more
--
-- Returns the free seats, or -1 LINE_MISSING.

-- @include ../../queue/lua/includes/clock.lua
-- @include ../../queue/lua/includes/moved.lua

if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
local now, free = now_ms(), tonumber(ARGV[1])
for i = 2, #KEYS, 2 do
  free = free - redis.call('ZCOUNT', KEYS[i], '(' .. now, '+inf') - redis.call('BITCOUNT', KEYS[i + 1])
end
-- Of performances that have begun no seat is on sale, however many are left.
free = math.max(0, free)
local before = redis.call('HGET', KEYS[1], 'seats_free')
redis.call('HSET', KEYS[1], 'seats_free', free)
if not before or (before == '0') ~= (free == 0) then publish_stock(KEYS[1], free) end
return free
