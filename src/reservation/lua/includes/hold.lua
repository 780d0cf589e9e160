-- @include ../../../queue/lua/includes/line.lua
-- @include reservation-record.lua
-- @include hold-end.lua

-- What the scripts of a hold share, after the ten keys of the line.
local reservation_key, performance, paying_key = KEYS[11], performance_at(12), KEYS[19]

-- So many keys from this one on; all of the rest where no count is said.
local function keys_from(first, count)
  return { unpack(KEYS, first, count and first + count - 1 or #KEYS) }
end

-- Whether every seat key still names the reservation.
local function holds_all(id, seat_keys)
  for _, key in ipairs(seat_keys) do
    if redis.call('GET', key) ~= id then return false end
  end
  return true
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
