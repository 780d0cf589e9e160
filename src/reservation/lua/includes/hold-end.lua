-- @include holder.lua
-- @include seat-index.lua

-- When a seat key of a hold expires: it is there up to and including that time, a hold ends with the millisecond of its
-- end.
local function key_end(held_until)
  return held_until - 1
end

-- Lets a hold of seats that are not sold live until a time, in the index of the map and for the admission of its holder, which
-- ends with the hold or at its own time, whichever is later. The seats are marked also where the hold was there before: while
-- a map is rebuilt it may know nothing of them yet, and the hold may be over when its rows come.
local function write_hold_end(perf, seats, fields, held_until, admission_end)
  local scored = {}
  for _, seat in ipairs(seats) do
    scored[#scored + 1] = held_until
    scored[#scored + 1] = seat
  end
  if #scored > 0 then redis.call('ZADD', perf.held, unpack(scored)) end
  mark_seats(perf, seats, 1)
  if admission_end then set_holder(fields.user, fields.id, held_until, admission_end) end
end

-- The same for a hold that is there, and for its seat keys.
local function keep_hold_until(perf, fields, held_until, seat_keys, admission_end)
  for _, key in ipairs(seat_keys) do redis.call('PEXPIREAT', key, key_end(held_until)) end
  local seats = {}
  for _, seat in ipairs(seat_list(fields.seats)) do
    -- One that turned out to be sold to somebody else is not held besides: it would count as two.
    if is_sold(perf, seat) then redis.call('ZREM', perf.held, seat) else seats[#seats + 1] = seat end
  end
  write_hold_end(perf, seats, fields, held_until, admission_end)
end
