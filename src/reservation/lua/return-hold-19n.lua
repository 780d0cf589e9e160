-- Gives a PAYING hold back to its user with the time that remained when the payment began: when the last of its payments
-- was refused, or when a payment is past its deadline and Postgres says that it never happened. Where nobody noticed for
-- so long that the seats' keys ran out, there is nothing to give back: the seats may be somebody else's by now. Nor is
-- there where its payments have stopped the clock for too long: paying from an empty wallet again and again must not
-- keep a hold for ever. Nor where the performance was canceled meanwhile. And it does not outlive the performance's
-- beginning.
--
-- KEYS[1..10] the line
-- KEYS[11] reservation
-- KEYS[12..18] the performance
-- KEYS[19] paying
-- KEYS[20...] seat keys
-- ARGV[1] the deadline of the payment, which tells it from a later one
-- ARGV[2] 'refused' where one payment of possibly several was refused, 'overdue' where none can commit any more
-- ARGV[3] how long the reservation stays readable after its end, ms
--
-- Returns 1 where the hold went back to its user, 0 where there was nothing to give back.

-- @include includes/hold.lua

local FIRST_SEAT = 20
local fields = load_reservation(reservation_key)
if not fields or fields.state ~= 'PAYING' or fields.deadline ~= ARGV[1] then return 0 end
if ARGV[2] == 'refused' and redis.call('HINCRBY', reservation_key, 'attempts', -1) > 0 then return 0 end
local now = now_ms()
local ends_at = math.min(now + fields.remaining, tonumber(fields.ends_by), tonumber(fields.starts_at))
local seat_keys = keys_from(FIRST_SEAT)
local canceled = is_canceled(performance)
local goes_back = not canceled and ends_at > now and holds_all(fields.id, seat_keys)
if not goes_back then ends_at = now end
redis.call('HSET', reservation_key, 'state', 'HELD', 'expires_at', ends_at)
redis.call('HDEL', reservation_key, 'deadline', 'remaining', 'attempts')
redis.call('PEXPIREAT', reservation_key, ends_at + tonumber(ARGV[3]))
redis.call('ZREM', paying_key, fields.id)
if goes_back then
  keep_hold_until(performance, fields, ends_at, seat_keys, admission_end_of(fields))
  return 1
end
redis.call('HSET', reservation_key, 'end_reason', canceled and 'PERFORMANCE_CANCELED' or 'PAYMENT_TIME_UP')
map_changed(performance, { X = drop_hold(performance, fields, seat_keys) })
return 0
