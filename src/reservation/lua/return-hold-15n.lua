-- Gives a PAYING hold back to its user with the time that remained when the payment began: when the last of its payments
-- was refused, or when a payment is past its deadline and Postgres says that it never happened. Where nobody noticed for
-- so long that the seats' keys ran out, there is nothing to give back: the seats may be somebody else's by now. Nor is
-- there where its payments have stopped the clock for too long: paying from an empty wallet again and again must not
-- keep a hold for ever.
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
-- ARGV[1] the deadline of the payment, which tells it from a later one
-- ARGV[2] 'refused' where one payment of possibly several was refused, 'overdue' where none can commit any more
-- ARGV[3] how long the reservation stays readable after its end, ms
--
-- Returns 1 where the hold went back to its user, 0 where there was nothing to give back.

-- @include includes/hold.lua

local FIRST_SEAT = 16
local fields = load_reservation(reservation_key)
if not fields or fields.state ~= 'PAYING' or fields.deadline ~= ARGV[1] then return 0 end
if ARGV[2] == 'refused' and redis.call('HINCRBY', reservation_key, 'attempts', -1) > 0 then return 0 end
local now = now_ms()
local ends_at = math.min(now + fields.remaining, tonumber(fields.ends_by))
local goes_back = ends_at > now and holds_all(fields.id, FIRST_SEAT)
if not goes_back then ends_at = now end
redis.call('HSET', reservation_key, 'state', 'HELD', 'expires_at', ends_at)
redis.call('HDEL', reservation_key, 'deadline', 'remaining', 'attempts')
redis.call('PEXPIREAT', reservation_key, ends_at + tonumber(ARGV[3]))
redis.call('ZREM', paying_key, fields.id)
if goes_back then
  keep_hold_until(fields, ends_at, FIRST_SEAT, admission_end_of(fields))
  return 1
end
drop_hold(fields, FIRST_SEAT)
map_changed()
return 0
