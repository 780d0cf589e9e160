-- Holds seats for a user who is admitted: all of them or none. The seat keys are set NX PX; their own expiry frees the
-- seats, nothing has to run for it.
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
-- KEYS[11] the new reservation
-- KEYS[12] state of the performance
-- KEYS[13] held seats of the performance
-- KEYS[14] sold seats of the performance
-- KEYS[15] paying
-- KEYS[16] reservations of the user
-- KEYS[17] owned seats by user
-- KEYS[18] outcome of the idempotency key
-- KEYS[19...] seat keys, in the order of ARGV[13]
-- ARGV[1] user
-- ARGV[2] number of the place
-- ARGV[3] epoch of the place
-- ARGV[4] reservation id
-- ARGV[5] performance id
-- ARGV[6] how long the hold lives, ms
-- ARGV[7] how long the reservation stays readable after its end, ms
-- ARGV[8] how many seats of the concert a user may have
-- ARGV[9] hash of the request where an idempotency key was sent, else empty
-- ARGV[10] how long the outcome is kept, ms
-- ARGV[11] prices, joined by commas
-- ARGV[12] currency
-- ARGV[13] seat numbers, joined by commas
-- ARGV[14] when the performance begins, ms
--
-- Returns {1, reservation reply}; {2, reservation id} of the call before with this key; or {-1} LINE_MISSING,
-- {-2} MAP_MISSING, {-3} KEY_REUSED, {-4, place reply, facts of the line} NOT_ADMITTED,
-- {-5, reservation id} RESERVATION_EXISTS, {-6, owned} SEAT_LIMIT, {-7, seat numbers} SEAT_TAKEN, {-8} PAST.

-- @include includes/hold.lua

local FIRST_SEAT = 19
local user, id, hold_ttl, retention = ARGV[1], ARGV[4], tonumber(ARGV[6]), tonumber(ARGV[7])
if redis.call('EXISTS', line_key) == 0 then return { -1 } end
if redis.call('HGET', state_key, 'ready') ~= '1' then return { -2 } end
local now = now_ms()

-- The stored outcome comes before the state: a retry gets its answer also after the admission ended.
if ARGV[9] ~= '' then
  local hash, before = string.match(redis.call('GET', KEYS[18]) or '', '^(%x+)|(.+)$')
  if hash then return hash == ARGV[9] and { 2, before } or { -3 } end
end
if tonumber(ARGV[14]) <= now then return { -8 } end
local place = place_reply(user, tonumber(ARGV[2]), tonumber(ARGV[3]), now, true)
if place[1] ~= 'ADMITTED' then return { -4, place, line_facts(now) } end
local living = live_hold(user, now)
if living then return { -5, living } end
local owned = tonumber(redis.call('HGET', KEYS[17], user)) or 0
if owned + #KEYS - FIRST_SEAT + 1 > tonumber(ARGV[8]) then return { -6, owned } end

local taken = taken_seats(ARGV[13], FIRST_SEAT)
if #taken > 0 then return { -7, table.concat(taken, ',') } end

local ends_at = now + hold_ttl
redis.call('ZREMRANGEBYSCORE', held_key, '-inf', now)
for i = FIRST_SEAT, #KEYS do redis.call('SET', KEYS[i], id, 'NX', 'PX', hold_ttl) end
redis.call('HSET', reservation_key, 'id', id, 'user', user, 'number', place[2], 'epoch', place[3], 'performance', ARGV[5],
  'state', 'HELD', 'seats', ARGV[13], 'prices', ARGV[11], 'currency', ARGV[12], 'created_at', now, 'expires_at', ends_at)
redis.call('PEXPIREAT', reservation_key, ends_at + retention)
keep_hold_until({ id = id, user = user, seats = ARGV[13] }, ends_at, FIRST_SEAT, place[5])
redis.call('ZREMRANGEBYSCORE', KEYS[16], '-inf', now - retention)
redis.call('ZADD', KEYS[16], now, id)
redis.call('PEXPIRE', KEYS[16], hold_ttl + retention)
if ARGV[9] ~= '' then redis.call('SET', KEYS[18], ARGV[9] .. '|' .. id, 'PX', ARGV[10]) end
take_from_stock(#KEYS - FIRST_SEAT + 1)
map_changed()
return { 1, reservation_reply(reservation_key, now) }
