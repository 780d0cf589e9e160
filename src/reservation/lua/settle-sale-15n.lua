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
-- KEYS[10] reservation
-- KEYS[11] state of the performance
-- KEYS[12] held seats of the performance
-- KEYS[13] sold seats of the performance
-- KEYS[14] paying
-- KEYS[15] owned seats by user
-- KEYS[16...] seat keys, in the order of ARGV[5]
-- ARGV[1] user
-- ARGV[2] number of the place
-- ARGV[3] epoch of the place
-- ARGV[4] reservation id
-- ARGV[5] seat numbers, joined by commas
-- ARGV[6] how long the reservation stays readable, ms
--
-- Returns 1 where this call changed something, 0 where all was settled before.

-- @include includes/hold.lua

local FIRST_SEAT = 16
local user, number, id = ARGV[1], ARGV[2], ARGV[4]
local now = now_ms()
local changed = 0
for seat in string.gmatch(ARGV[5], '%d+') do
  if redis.call('SADD', sold_key, seat) == 1 then
    redis.call('HINCRBY', KEYS[15], user, 1)
    changed = 1
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
if admission_end_of({ id = id, user = user }) then redis.call('HDEL', holders_key, user) end
-- Only the place that paid ends; a place that its user took since then stays.
if tonumber(ARGV[3]) == line_number('epoch') and redis.call('HGET', places_key, user) == number then
  end_place(user, number, 'C', now)
  publish_moved(line_key)
  changed = 1
end
if changed == 1 then map_changed() end
return changed
