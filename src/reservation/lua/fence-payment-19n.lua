-- Begins a payment: marks the hold PAYING with a deadline by which the payment has committed or never will, and lets its
-- keys live far past that deadline, so that paying cannot lose the seats. Several payments of one reservation may run
-- at once: they share the deadline, and the database lets one of them win.
--
-- KEYS[1..10] the line
-- KEYS[11] reservation
-- KEYS[12..18] the performance
-- KEYS[19] paying
-- KEYS[20...] seat keys
-- ARGV[1] user
-- ARGV[2] how long a payment may take, ms
-- ARGV[3] how far the keys outlive the deadline, ms
--
-- Returns {1, reservation reply} with the deadline; {2, reservation reply} where it is PAID; or {-1} NOT_FOUND,
-- {-2} RELEASED, {-3} HOLD_EXPIRED, {-4, reservation reply} OVERDUE: a payment is past its deadline and Postgres has to
-- be asked what became of it; {-5} CANCELED.

-- @include includes/hold.lua

local FIRST_SEAT = 20
local fields = load_reservation(reservation_key)
if not fields or fields.user ~= ARGV[1] then return { -1 } end
local now = now_ms()
if fields.state == 'PAID' then return { 2, reservation_reply(reservation_key, now) } end
if fields.state == 'PAYING' then
  if tonumber(fields.deadline) <= now then return { -4, reservation_reply(reservation_key, now) } end
  redis.call('HINCRBY', reservation_key, 'attempts', 1)
  return { 1, reservation_reply(reservation_key, now) }
end
if is_canceled(performance) then return { -5 } end
if fields.state == 'RELEASED' then return { -2 } end
local seat_keys = keys_from(FIRST_SEAT)
local remaining = tonumber(fields.expires_at) - now
if remaining <= 0 or not holds_all(fields.id, seat_keys) then return { -3 } end

local deadline = now + tonumber(ARGV[2])
redis.call('HSET', reservation_key, 'state', 'PAYING', 'deadline', deadline, 'remaining', remaining, 'attempts', 1)
-- Payments that are refused stop the hold's clock, but all of them together no longer than one may take at most.
if not fields.ends_by then
  redis.call('HSET', reservation_key, 'ends_by', fields.expires_at + ARGV[2] + ARGV[3])
end
-- The record must be there for as long as the hold is, whatever its time to stay readable.
redis.call('PERSIST', reservation_key)
redis.call('ZADD', paying_key, deadline, fields.id)
keep_hold_until(performance, fields, deadline + tonumber(ARGV[3]), seat_keys, admission_end_of(fields))
return { 1, reservation_reply(reservation_key, now) }
