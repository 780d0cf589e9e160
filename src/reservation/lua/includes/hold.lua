-- @include ../../../queue/lua/includes/place.lua
-- @include ../../../queue/lua/includes/facts.lua
-- @include reservation-record.lua
-- @include holder.lua

-- What the scripts of a hold share, after the ten keys of the line.
local reservation_key, state_key, held_key, sold_key, paying_key = KEYS[11], KEYS[12], KEYS[13], KEYS[14], KEYS[15]

-- Counts the performance's map up: whoever reads it can tell that it changed.
local function map_changed()
  redis.call('HINCRBY', state_key, 'version', 1)
end

-- Those of the seats that somebody holds or owns; their keys begin with this one and stand in the same order.
local function taken_seats(seats, first_seat)
  local taken, position = {}, first_seat
  for seat in string.gmatch(seats, '%d+') do
    if redis.call('SISMEMBER', sold_key, seat) == 1 or redis.call('EXISTS', KEYS[position]) == 1 then
      taken[#taken + 1] = seat
    end
    position = position + 1
  end
  return taken
end

-- Whether every seat key from this one on still names the reservation.
local function holds_all(id, first_seat)
  for i = first_seat, #KEYS do
    if redis.call('GET', KEYS[i]) ~= id then return false end
  end
  return true
end

-- Lets the hold live until a time: its seat keys, the index of the map, and the admission of its holder, which ends with
-- the hold or at its own time, whichever is later.
local function keep_hold_until(fields, held_until, first_seat, admission_end)
  for i = first_seat, #KEYS do redis.call('PEXPIREAT', KEYS[i], held_until) end
  for seat in string.gmatch(fields.seats, '%d+') do
    -- A seat that turned out to be sold to somebody else is not held besides: it would count as two.
    if redis.call('SISMEMBER', sold_key, seat) == 1 then redis.call('ZREM', held_key, seat)
    else redis.call('ZADD', held_key, held_until, seat) end
  end
  if admission_end then set_holder(fields.user, fields.id, held_until, admission_end) end
end

-- Takes the seats' keys away and their entries in the index of the map. Where a seat has a later hold, that one stays.
local function free_seats(fields, first_seat)
  local position = first_seat
  for seat in string.gmatch(fields.seats, '%d+') do
    local holder = redis.call('GET', KEYS[position])
    if holder == fields.id then redis.call('DEL', KEYS[position]) end
    if not holder or holder == fields.id then redis.call('ZREM', held_key, seat) end
    position = position + 1
  end
end

-- Ends a hold: its seats are free, and its holder's admission has its own end again.
local function drop_hold(fields, first_seat)
  local admission_end = admission_end_of(fields)
  free_seats(fields, first_seat)
  if not admission_end then return end
  forget_holder(fields.user)
  redis.call('ZADD', admitted_key, 'XX', admission_end, fields.user)
end
