-- Reads seats as their keys, the index and the map have them, true at one moment. Changes nothing: holds that ran out stay
-- in the index.
--
-- KEYS[1..7] the performance
-- KEYS[8...] seat keys, of seats that follow each other
-- ARGV[1] the first of these seats
--
-- Returns {1, now, a text for each seat that is not free in every way: number, reservation that its key names, the first
-- millisecond without the key, end of the hold in the index, 1 where it is sold, 1 where it is taken; with a | between
-- them}, or {-2} MAP_MISSING.

-- @include includes/performance.lua

local performance = performance_at(1)
if not is_ready(performance) then return { -2 } end
local seats = {}
for i = 8, #KEYS do
  local key, seat = KEYS[i], ARGV[1] + i - 8
  local holder, index_end = redis.call('GET', key), redis.call('ZSCORE', performance.held, seat)
  local sold, taken = redis.call('GETBIT', performance.sold, seat), redis.call('GETBIT', performance.taken, seat)
  if holder or index_end or sold + taken > 0 then
    local key_end = holder and redis.call('PEXPIRETIME', key) + 1 or 0
    local parts = { seat, holder or '', string.format('%.0f', key_end), index_end or '0', sold, taken }
    seats[#seats + 1] = table.concat(parts, '|')
  end
end
return { 1, tostring(now_ms()), seats }
