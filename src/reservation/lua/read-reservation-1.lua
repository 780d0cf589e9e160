-- Reads a reservation.
--
-- KEYS[1] reservation
--
-- Returns {1, reservation reply}, or {-1} NOT_FOUND.

-- @include ../../queue/lua/includes/clock.lua
-- @include includes/reservation-record.lua

if redis.call('EXISTS', KEYS[1]) == 0 then return { -1 } end
return { 1, reservation_reply(KEYS[1], now_ms()) }
