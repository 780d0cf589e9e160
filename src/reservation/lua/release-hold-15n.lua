-- Frees the seats of a hold at once. Only its user can; releasing what has ended unpaid changes nothing.
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
-- KEYS[11] reservation
-- KEYS[12] state of the performance
-- KEYS[13] held seats of the performance
-- KEYS[14] sold seats of the performance
-- KEYS[15] paying
-- KEYS[16...] seat keys
-- ARGV[1] user
--
-- Returns {1, reservation reply}, or {-1} NOT_FOUND, {-2} PAID, {-3} PAYING.

-- @include includes/hold.lua

local FIRST_SEAT = 16
local fields = load_reservation(reservation_key)
if not fields or fields.user ~= ARGV[1] then return { -1 } end
if fields.state == 'PAID' then return { -2 } end
if fields.state == 'PAYING' then return { -3 } end
local now = now_ms()
if fields.state == 'HELD' and tonumber(fields.expires_at) > now then
  drop_hold(fields, FIRST_SEAT)
  redis.call('HSET', reservation_key, 'state', 'RELEASED')
  map_changed()
end
return { 1, reservation_reply(reservation_key, now) }
