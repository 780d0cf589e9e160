-- Puts the seats of refunded tickets on sale again: those that are still sold by the refunded sale, whoever calls, however
-- late and however often. A seat that was sold again, be it to the same user, stays. Where the map is missing nothing has to
-- be done: what is sold is read from Postgres after the map is claimed, and the refund has committed. While it is being
-- rebuilt the sale is taken back in what is there, and the mark that this leaves keeps the rebuilder from writing it.
--
-- KEYS[1..7] the performance
-- KEYS[8...] seat keys, in the order of ARGV[3]
-- ARGV[1] user
-- ARGV[2] reservation id of the sale
-- ARGV[3] seat numbers, joined by commas
--
-- Returns 1 where seats are on sale again by this call, 0 where none is, or -2 MAP_MISSING.

-- @include includes/seat-index.lua
-- @include includes/sales.lua

local FIRST_SEAT = 8
local performance = performance_at(1)
if not is_ready(performance) and not redis.call('HGET', performance.state, 'rebuilder') then return -2 end
local freed, held = {}, {}
for i, seat in ipairs(seat_list(ARGV[3])) do
  if refund_seat(performance, seat, ARGV[1], ARGV[2]) then
    -- Should somebody hold it because Redis had forgotten the sale, the hold counts from now on.
    local lapses_at = redis.call('PEXPIRETIME', KEYS[FIRST_SEAT + i - 1])
    if lapses_at > 0 then
      redis.call('ZADD', performance.held, lapses_at + 1, seat)
      held[#held + 1] = seat
    else
      freed[#freed + 1] = seat
    end
  end
end
mark_seats(performance, freed, 0)
map_changed(performance, { F = freed, H = held })
return #freed > 0 and 1 or 0
