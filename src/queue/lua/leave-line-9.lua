-- Gives a place up. Leaving an ended place changes nothing.
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
-- ARGV[1] user
-- ARGV[2] number
-- ARGV[3] epoch
--
-- Returns {1, place reply}, or {-1} LINE_MISSING, {-4, reservation id} HOLD_ACTIVE.

-- @include includes/place.lua

local user, number, epoch = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call('EXISTS', line_key) == 0 then return { -1 } end
local now = now_ms()
if epoch == line_number('epoch') then
  local state = place_state(user, number, now, false)
  if state == 'WAITING' or state == 'AWAY' or state == 'ADMITTED' then
    local reservation = live_hold(user, now)
    if reservation then return { -4, reservation } end
    end_place(user, number, 'L', now)
    publish_moved(line_key)
  end
end
return { 1, place_reply(user, number, epoch, now, false) }
