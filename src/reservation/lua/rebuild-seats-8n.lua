-- Rebuilds some rows of a map: what is sold from Postgres, what is held from the seats' keys, which live on where only the
-- index was lost. Safe beside sales that settle and holds that end at the same time.
--
-- KEYS[1..7] the performance
-- KEYS[8] claim
-- KEYS[9...] seat keys, of all seats of the rows
-- ARGV[1] who rebuilds
-- ARGV[2] how long the claim lives without a step, ms
-- ARGV[3] first row
-- ARGV[4] last row
-- ARGV[5...] seat number, owner, reservation, and '1' where it was refunded, of each sale of the rows' seats
--
-- Returns 1, or -1 CLAIM_LOST.

-- @include includes/seat-index.lua
-- @include includes/sales.lua

local performance = performance_at(1)
if not is_rebuilt_by(performance, KEYS[8], ARGV[1]) then return -1 end
redis.call('PEXPIRE', KEYS[8], ARGV[2])
for i = 5, #ARGV, 4 do
  local seat, user, id, refunded = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  if refunded == '1' then
    if refund_seat(performance, seat, user, id) then redis.call('SETBIT', performance.taken, seat, 0) end
  elseif sell_seat(performance, seat, user, id) or is_sold(performance, seat) then
    redis.call('SETBIT', performance.taken, seat, 1)
    -- A payment of somebody else may have begun meanwhile: the seat counts as sold alone.
    redis.call('ZREM', performance.held, seat)
  end
end
local seat = row_start(performance, tonumber(ARGV[3]))
for i = 9, #KEYS do
  local lapses_at = redis.call('PEXPIRETIME', KEYS[i])
  if lapses_at > 0 and not is_sold(performance, seat) then
    redis.call('ZADD', performance.held, lapses_at + 1, seat)
    redis.call('SETBIT', performance.taken, seat, 1)
  end
  seat = seat + 1
end
for row = tonumber(ARGV[3]), tonumber(ARGV[4]) do write_run(performance, row) end
return 1
