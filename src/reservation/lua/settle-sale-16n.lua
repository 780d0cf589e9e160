-- Carries a committed payment into Redis: the seats are SOLD, the hold goes, the place is COMPLETED. Safe to repeat, and
-- it needs nothing of the hold: what Redis forgot it is told.
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
-- KEYS[16] owned seats by user
-- KEYS[17...] seat keys, in the order of ARGV[5]
-- ARGV[1] user
-- ARGV[2] number of the place
-- ARGV[3] epoch of the place
-- ARGV[4] reservation id
-- ARGV[5] seat numbers, joined by commas
-- ARGV[6] how long the reservation stays readable, ms
--
-- Returns 1 where this call changed something, 0 where all was settled before.

-- @include includes/hold.lua

local FIRST_SEAT = 17
local user, id = ARGV[1], ARGV[4]
local now = now_ms()
local changed, unheld = 0, 0
for seat in string.gmatch(ARGV[5], '%d+') do
  local held_until = tonumber(redis.call('ZSCORE', held_key, seat)) or 0
  if redis.call('SADD', sold_key, seat) == 1 then
    redis.call('HINCRBY', KEYS[16], user, 1)
    changed = 1
    if held_until <= now then unheld = unheld + 1 end
  end
  -- Whoever holds it by now: it is sold, and counts once.
  redis.call('ZREM', held_key, seat)
end
free_seats({ id = id, seats = ARGV[5] }, FIRST_SEAT)
redis.call('ZREM', paying_key, id)
if redis.call('HGET', reservation_key, 'state') then
  redis.call('HSET', reservation_key, 'state', 'PAID')
  redis.call('HDEL', reservation_key, 'deadline', 'remaining', 'attempts')
  redis.call('PEXPIRE', reservation_key, ARGV[6])
end
if admission_end_of({ id = id, user = user }) then forget_holder(user) end
-- Only the place that paid ends; a place that its user took since then stays. One that Redis lost, with the whole line or
-- with its last second, does not come back. Without a line there is nothing to write it in: who opens it asks Postgres.
local ordinal = ordinal_of(tonumber(ARGV[3]), tonumber(ARGV[2]))
if tonumber(redis.call('HGET', places_key, user)) == ordinal then
  end_place(user, ordinal, 'C', now)
  publish_moved(line_key)
  changed = 1
elseif ordinal < EPOCH_SPAN then
  remember_end(ordinal, 'C', now)
end
if unheld > 0 then take_from_stock(unheld) end
if changed == 1 then map_changed() end
return changed
