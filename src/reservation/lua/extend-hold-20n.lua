-- Lets a hold live longer, once. The total time at the seats is bounded: a hold begins while its user is admitted, and is
-- extended once, also if its seats are swapped.
--
-- KEYS[1..10] the line
-- KEYS[11] reservation
-- KEYS[12..18] the performance
-- KEYS[19] paying
-- KEYS[20] outcome of the idempotency key
-- KEYS[21...] seat keys
-- ARGV[1] user
-- ARGV[2] by how much, ms
-- ARGV[3] how long the reservation stays readable after its end, ms
-- ARGV[4] hash of the request where an idempotency key was sent, else empty
-- ARGV[5] how long the outcome is kept, ms
-- ARGV[6] when the performance begins, ms: a hold does not outlive it
--
-- Returns {1, reservation reply}; {2, reservation reply} for the call before with this key; or {-1} NOT_FOUND,
-- {-2} RELEASED, {-3} HOLD_EXPIRED, {-4} PAID, {-5} PAYING, {-6} EXTENDED, {-7} KEY_REUSED, {-8} PAST,
-- {-9} CANCELED.

-- @include includes/hold.lua

local FIRST_SEAT = 21
local fields = load_reservation(reservation_key)
if not fields or fields.user ~= ARGV[1] then return { -1 } end
local now = now_ms()
if ARGV[4] ~= '' then
  local before = redis.call('GET', KEYS[20])
  if before == ARGV[4] then return { 2, reservation_reply(reservation_key, now) } end
  if before then return { -7 } end
end
if fields.state == 'PAID' then return { -4 } end
if fields.state == 'PAYING' then return { -5 } end
if is_canceled(performance) then return { -9 } end
if fields.state == 'RELEASED' then return { -2 } end
local seat_keys = keys_from(FIRST_SEAT)
local ends_at = tonumber(fields.expires_at)
if ends_at <= now or not holds_all(fields.id, seat_keys) then return { -3 } end
if fields.extended then return { -6 } end
local extended_to = math.min(ends_at + ARGV[2], tonumber(ARGV[6]))
if extended_to <= ends_at then return { -8 } end

redis.call('HSET', reservation_key, 'expires_at', extended_to, 'extended', 1)
if fields.ends_by then redis.call('HINCRBY', reservation_key, 'ends_by', extended_to - ends_at) end
redis.call('PEXPIREAT', reservation_key, extended_to + ARGV[3])
keep_hold_until(performance, fields, extended_to, seat_keys, admission_end_of(fields))
if ARGV[4] ~= '' then redis.call('SET', KEYS[20], ARGV[4], 'PX', ARGV[5]) end
return { 1, reservation_reply(reservation_key, now) }
