-- Holds the seats that a user chose, for a user who is admitted: all of them or none. The seat keys are set NX PX; their own
-- expiry frees the seats, nothing has to run for it. A hold of the user that is replaced ends in the same step, and only where
-- the new one begins.
--
-- KEYS[1..10] the line
-- KEYS[11] the new reservation
-- KEYS[12..18] the performance
-- KEYS[19] paying
-- KEYS[20] reservations of the user
-- KEYS[21] outcome of the idempotency key
-- KEYS[22] the reservation that is replaced, where one is
-- KEYS[23..29] its performance
-- KEYS[30...] owners of each performance of the concert, seat keys, seat keys of the reservation that is replaced
-- ARGV[1] user
-- ARGV[2] number of the place
-- ARGV[3] epoch of the place
-- ARGV[4] reservation id
-- ARGV[5] performance id
-- ARGV[6] how long the hold lives, ms
-- ARGV[7] how long the reservation stays readable after its end, ms
-- ARGV[8] how many seats of the concert a user may have
-- ARGV[9] how many of the performance
-- ARGV[10] hash of the request where an idempotency key was sent, else empty
-- ARGV[11] how long the outcome is kept, ms
-- ARGV[12] currency
-- ARGV[13] when the performance begins, ms: a hold does not outlive it
-- ARGV[14] when the sale opens, ms
-- ARGV[15] id of the reservation that is replaced, or empty
-- ARGV[16] how many performances the concert has
-- ARGV[17] seat numbers, joined by commas
-- ARGV[18] prices, joined by commas
--
-- Returns {1, reservation reply}; {2, reservation id} of the call before with this key; or
-- {-1} LINE_MISSING, {-2} MAP_MISSING, {-3} KEY_REUSED, {-4, place reply, facts of the line} NOT_ADMITTED,
-- {-5, reservation id} RESERVATION_EXISTS, {-6, owned of the concert, owned of the performance} SEAT_LIMIT, {-8} PAST,
-- {-10} REPLACED_NOT_LIVE, {-11} REPLACED_PAYING, {-12, now} SALE_NOT_OPEN, {-13} CANCELED,
-- {-7, seat numbers} SEAT_TAKEN.

-- @include includes/write-hold.lua

local FIRST_SEAT = 30
local now, seats = now_ms(), seat_list(ARGV[17])
local place, other = may_hold(#seats, now)
if not place then return other end
local replaced = other
local seat_keys = keys_from(FIRST_SEAT + PERFORMANCES, #seats)

local taken = {}
for i, seat in ipairs(seats) do
  local holder = redis.call('GET', seat_keys[i])
  local is_held = holder and not (replaced and holder == replaced.id)
  if is_held or is_sold(performance, seat) then taken[#taken + 1] = seat end
end
if #taken > 0 then return { -7, table.concat(taken, ',') } end
return write_hold(now, place, seats, seat_keys, ARGV[18], replaced, keys_from(FIRST_SEAT + PERFORMANCES + #seats))
