-- Reads what a reservation and the keys of its seats say of each other, true at one moment. Changes nothing.
--
-- KEYS[1] reservation
-- KEYS[2] paying
-- KEYS[3...] seat keys
--
-- Returns {1, now, state, end of the hold, payment deadline, deadline in the list of those being paid, the reservation that
-- each seat key names}, with '0' for a time and '' for a reservation that is not there; or {-1} NOT_FOUND.

-- @include ../../queue/lua/includes/clock.lua

local fields = redis.call('HMGET', KEYS[1], 'state', 'expires_at', 'deadline', 'id')
if not fields[1] then return { -1 } end
local holders = {}
for i = 3, #KEYS do holders[#holders + 1] = redis.call('GET', KEYS[i]) or '' end
local listed = redis.call('ZSCORE', KEYS[2], fields[4])
return { 1, tostring(now_ms()), fields[1], fields[2], fields[3] or '0', listed or '0', holders }
