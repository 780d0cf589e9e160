-- Holds the best seats that are free, side by side in one row, the lowest row and in it the lowest numbers first. They are
-- chosen here, in the step that holds them, so that no choice is lost between looking and holding.
--
-- KEYS[1..10] the line
-- KEYS[11] the new reservation
-- KEYS[12..18] the performance
-- KEYS[19] paying
-- KEYS[20] reservations of the user
-- KEYS[21] outcome of the idempotency key
-- KEYS[22] the reservation that is replaced, where one is
-- KEYS[23..29] its performance
-- KEYS[30...] owners of each performance of the concert, seat keys of the reservation that is replaced
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
-- ARGV[17] how many seats
-- ARGV[18] first row, last row and price of each section that will do, as 1:5:50000, joined by commas; they follow each other
-- ARGV[19] what a seat key is before its number
--
-- Returns {1, reservation reply}; {2, reservation id} of the call before with this key; or
-- {-1} LINE_MISSING, {-2} MAP_MISSING, {-3} KEY_REUSED, {-4, place reply, facts of the line} NOT_ADMITTED,
-- {-5, reservation id} RESERVATION_EXISTS, {-6, owned of the concert, owned of the performance} SEAT_LIMIT, {-8} PAST,
-- {-10} REPLACED_NOT_LIVE, {-11} REPLACED_PAYING, {-12, now} SALE_NOT_OPEN, {-13} CANCELED,
-- {-7, free, longest run} NONE_ADJACENT, {-9} RUN_AGAIN: more holds ran out than one run takes off
-- the index.

-- @include includes/best-seats.lua
-- @include includes/write-hold.lua

local FIRST_SEAT = 30
local now, count = now_ms(), tonumber(ARGV[17])
local place, other = may_hold(count, now)
if not place then return other end
local replaced = other
if sweep_expired(performance, now) then return { -9 } end

local replaced_keys = keys_from(FIRST_SEAT + PERFORMANCES)
local own = replaced and replaced_performance == performance and own_seats(replaced, replaced_keys) or {}
mark_seats(performance, own, 0)
local seats, prices, longest = best_seats(performance, count, ARGV[18])
if not seats then
  mark_seats(performance, own, 1)
  return { -7, free_count(performance, now), longest }
end
local seat_keys, held_by_key = {}, {}
for i, seat in ipairs(seats) do
  seat_keys[i] = ARGV[19] .. seat
  local holder = redis.call('GET', seat_keys[i])
  if holder and not (replaced and holder == replaced.id) then held_by_key[#held_by_key + 1] = seat end
end
-- The key has the last word. Should the index not know of one, it learns of it, and the choice is made again.
if #held_by_key > 0 then
  mark_seats(performance, own, 1)
  mark_seats(performance, held_by_key, 1)
  for _, seat in ipairs(held_by_key) do
    redis.call('ZADD', performance.held, redis.call('PEXPIRETIME', ARGV[19] .. seat) + 1, seat)
  end
  return { -9 }
end
return write_hold(now, place, seats, seat_keys, prices, replaced, replaced_keys)
