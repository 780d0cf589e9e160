-- Reads the map of a performance, true at one moment. What is held is judged by the time.
--
-- KEYS[1] state of the performance
-- KEYS[2] held seats of the performance
-- KEYS[3] sold seats of the performance
--
-- Returns {1, version, now, held seats, sold seats}, or {-2} MAP_MISSING.

-- @include ../../queue/lua/includes/clock.lua

if redis.call('HGET', KEYS[1], 'ready') ~= '1' then return { -2 } end
local now = now_ms()
local version = redis.call('HGET', KEYS[1], 'version') or '0'
return { 1, version, now, redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. now, '+inf'), redis.call('SMEMBERS', KEYS[3]) }
