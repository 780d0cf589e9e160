-- Reads how many seats can be had side by side in each row, as the index has it, true at one moment. Changes nothing.
--
-- KEYS[1..7] the performance
--
-- Returns {1, a byte for each row, first seats of the rows with two bytes for each, bits of the taken seats}, or
-- {-2} MAP_MISSING.

-- @include includes/performance.lua

local performance = performance_at(1)
if not is_ready(performance) then return { -2 } end
local runs, rows = redis.call('GET', performance.runs), redis.call('GET', performance.rows)
return { 1, runs or '', rows or '', redis.call('GET', performance.taken) or '' }
