-- Frees the seats of a hold at once, for its user or because its performance was canceled. Releasing what has ended unpaid
-- changes nothing.
--
-- KEYS[1..10] the line
-- KEYS[11] reservation
-- KEYS[12..18] the performance
-- KEYS[19] paying
-- KEYS[20...] seat keys
-- ARGV[1] user
-- ARGV[2] why it ends: 'BY_USER', or 'PERFORMANCE_CANCELED'
--
-- Returns {1, reservation reply}, or {-1} NOT_FOUND, {-2} PAID, {-3} PAYING.

-- @include includes/hold.lua

local FIRST_SEAT = 20
local fields = load_reservation(reservation_key)
if not fields or fields.user ~= ARGV[1] then return { -1 } end
if fields.state == 'PAID' then return { -2 } end
if fields.state == 'PAYING' then return { -3 } end
local now = now_ms()
if fields.state == 'HELD' and tonumber(fields.expires_at) > now then
  local freed = drop_hold(performance, fields, keys_from(FIRST_SEAT))
  redis.call('HSET', reservation_key, 'state', 'RELEASED', 'end_reason', ARGV[2])
  map_changed(performance, { R = freed })
end
return { 1, reservation_reply(reservation_key, now) }
