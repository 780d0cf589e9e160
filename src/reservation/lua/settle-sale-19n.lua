-- Carries a committed payment into Redis: the seats are SOLD, the hold goes, the place is COMPLETED. Safe to repeat, and
-- it needs nothing of the hold: what Redis forgot it is told. Seats whose tickets were refunded since are free instead.
--
-- KEYS[1..10] the line
-- KEYS[11] reservation
-- KEYS[12..18] the performance
-- KEYS[19] paying
-- KEYS[20...] seat keys, in the order of ARGV[5]
-- ARGV[1] user
-- ARGV[2] number of the place
-- ARGV[3] epoch of the place
-- ARGV[4] reservation id
-- ARGV[5] seat numbers, joined by commas
-- ARGV[6] how long the reservation stays readable, ms
--
-- Returns 1 where this call changed something, 0 where all was settled before.

-- @include includes/hold.lua
-- @include includes/sales.lua

local FIRST_SEAT = 20
local user, id = ARGV[1], ARGV[4]
local now = now_ms()
local sold, unheld = {}, 0
for _, seat in ipairs(seat_list(ARGV[5])) do
  local held_until = tonumber(redis.call('ZSCORE', performance.held, seat)) or 0
  if sell_seat(performance, seat, user, id) then
    sold[#sold + 1] = seat
    if held_until <= now then unheld = unheld + 1 end
  end
  -- Whoever holds it by now: it is sold, and counts once.
  if is_sold(performance, seat) then redis.call('ZREM', performance.held, seat) end
end
mark_seats(performance, sold, 1)
local freed = free_seats(performance, { id = id, seats = ARGV[5] }, keys_from(FIRST_SEAT))
redis.call('ZREM', paying_key, id)
if redis.call('HGET', reservation_key, 'state') then
  redis.call('HSET', reservation_key, 'state', 'PAID')
  redis.call('HDEL', reservation_key, 'deadline', 'remaining', 'attempts')
  redis.call('PEXPIRE', reservation_key, ARGV[6])
end
local changed = #sold > 0
if admission_end_of({ id = id, user = user }) then forget_holder(user) end
-- Only the place that paid ends; a place that its user took since then stays. One that Redis lost, with the whole line or
-- with its last second, does not come back. Without a line there is nothing to write it in: who opens it asks Postgres.
local ordinal = ordinal_of(tonumber(ARGV[3]), tonumber(ARGV[2]))
if tonumber(redis.call('HGET', places_key, user)) == ordinal then
  end_place(user, ordinal, 'C', now)
  publish_moved(line_key)
  changed = true
elseif ordinal < EPOCH_SPAN then
  remember_end(ordinal, 'C', now)
end
if unheld > 0 then take_from_stock(unheld) end
map_changed(performance, { S = sold, R = freed })
return changed and 1 or 0
