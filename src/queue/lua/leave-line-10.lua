-- Gives a place up, also one that Redis lost and that could come back. Leaving an ended place changes nothing.
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
-- ARGV[1] user
-- ARGV[2] number
-- ARGV[3] epoch
--
-- Returns {1, place reply, facts of the line}, or {-1} LINE_MISSING, {-4, reservation id} HOLD_ACTIVE.

-- @include includes/facts.lua
-- @include includes/place.lua

local user, number, epoch = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call('EXISTS', line_key) == 0 then return { -1 } end
local now = now_ms()
local place = place_reply(user, number, epoch, now, false)
if place[1] == 'LOST' then
  remember_end(ordinal_of(epoch, number), 'L', now)
  place = { 'LEFT', number, epoch, 0, 0 }
elseif place[1] == 'WAITING' or place[1] == 'AWAY' or place[1] == 'ADMITTED' then
  local reservation = live_hold(user, now)
  if reservation then return { -4, reservation } end
  end_place(user, ordinal_of(place[3], place[2]), 'L', now)
  publish_moved(line_key)
  place = { 'LEFT', place[2], place[3], 0, 0 }
end
return { 1, place, line_facts(now) }
