-- Counts the seats of a performance that somebody holds or owns. Takes seats whose hold ran out off the index on the way,
-- which tells the watchers: once, whichever instance comes first. What is left of them counts as free all the same.
--
-- KEYS[1..7] the performance
--
-- Returns {1, taken, version of the map}, or {-2} MAP_MISSING.

-- @include includes/sweep.lua

local performance = performance_at(1)
if not is_ready(performance) then return { -2 } end
local now = now_ms()
sweep_expired(performance, now)
local held = redis.call('ZCOUNT', performance.held, '(' .. now, '+inf')
local taken = held + redis.call('BITCOUNT', performance.sold)
return { 1, taken, redis.call('HGET', performance.state, 'version') }
