-- Reads the map of a performance, true at one moment.
--
-- KEYS[1..7] the performance
--
-- Returns {1, version, now, bits of the seats that are held or sold, bits of the sold seats}, the bit of a seat at its
-- number; or {-2} MAP_MISSING, {-9} RUN_AGAIN: more holds ran out than one run takes off the index.

-- @include includes/sweep.lua

local performance = performance_at(1)
if not is_ready(performance) then return { -2 } end
local now = now_ms()
if sweep_expired(performance, now) then return { -9 } end
local version = redis.call('HGET', performance.state, 'version')
local taken, sold = redis.call('GET', performance.taken), redis.call('GET', performance.sold)
return { 1, version, tostring(now), taken or '', sold or '' }
