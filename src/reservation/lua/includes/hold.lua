-- @include ../../../queue/lua/includes/place.lua
-- @include ../../../queue/lua/includes/facts.lua
-- @include reservation-record.lua
-- @include holder.lua
-- @include seat-index.lua

-- What the scripts of a hold share, after the ten keys of the line.
local reservation_key, performance, paying_key = KEYS[11], performance_at(12), KEYS[19]

-- So many keys from this one on; all of the rest where no count is said.
local function keys_from(first, count)
  return { unpack(KEYS, first, count and first + count - 1 or #KEYS) }
end

-- Seat numbers as a list of texts.
local function seat_list(seats)
  local list = {}
  for seat in string.gmatch(seats, '%d+') do list[#list + 1] = seat end
  return list
end

-- Whether every seat key still names the reservation.
local function holds_all(id, seat_keys)
  for _, key in ipairs(seat_keys) do
    if redis.call('GET', key) ~= id then return false end
  end
  return true
end

-- When a seat key of a hold expires: it is there up to and including that time, a hold ends with the millisecond of its
-- end.
local function key_end(held_until)
  return held_until - 1
end

-- Lets the hold live until a time, in the index of the map and for the admission of its holder, which ends with the hold
-- or at its own time, whichever is later.
local function write_hold_end(perf, fields, held_until, admission_end)
  local scored = {}
  for _, seat in ipairs(seat_list(fields.seats)) do
    -- A seat that turned out to be sold to somebody else is not held besides: it would count as two.
    if is_sold(perf, seat) then
      redis.call('ZREM', perf.held, seat)
    else
      scored[#scored + 1] = held_until
      scored[#scored + 1] = seat
    end
  end
  if #scored > 0 then redis.call('ZADD', perf.held, unpack(scored)) end
  if admission_end then set_holder(fields.user, fields.id, held_until, admission_end) end
end

-- The same, and for its seat keys.
local function keep_hold_until(perf, fields, held_until, seat_keys, admission_end)
  for _, key in ipairs(seat_keys) do redis.call('PEXPIREAT', key, key_end(held_until)) end
  write_hold_end(perf, fields, held_until, admission_end)
end

-- Takes the seats' keys away and their entries in the index. Where a seat has a later hold, or is sold, that stays.
-- Returns the seats that are free by it: not those that a sweep has freed before.
local function free_seats(perf, fields, seat_keys)
  local freed = {}
  for i, seat in ipairs(seat_list(fields.seats)) do
    local holder = redis.call('GET', seat_keys[i])
    if holder == fields.id then redis.call('DEL', seat_keys[i]) end
    if not holder or holder == fields.id then
      local was_held = redis.call('ZREM', perf.held, seat) == 1 or holder
      if was_held and not is_sold(perf, seat) then freed[#freed + 1] = seat end
    end
  end
  mark_seats(perf, freed, 0)
  return freed
end

-- Ends a hold: its seats are free, and its holder's admission has its own end again. Returns the seats that are free by it.
local function drop_hold(perf, fields, seat_keys)
  local admission_end = admission_end_of(fields)
  local freed = free_seats(perf, fields, seat_keys)
  if admission_end then
    forget_holder(fields.user)
    redis.call('ZADD', admitted_key, 'XX', admission_end, fields.user)
  end
  return freed
end
