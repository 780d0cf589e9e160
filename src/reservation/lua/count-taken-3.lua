-- Counts the seats of a performance that somebody holds or owns.
--
-- KEYS[1] state of the performance
-- KEYS[2] held seats of the performance
-- KEYS[3] sold seats of the performance
--
-- Returns {1, taken}, or {-2} MAP_MISSING.

-- @include ../../queue/lua/includes/clock.lua

if redis.call('HGET', KEYS[1], 'ready') ~= '1' then return { -2 } end
return { 1, redis.call('ZCOUNT', KEYS[2], '(' .. now_ms(), '+inf') + redis.call('SCARD', KEYS[3]) }
