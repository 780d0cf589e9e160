-- @include performance.lua

-- Whose sale a sold seat is, in `owners` beside the counts: '#7' names the reservation that bought seat 7. '!', a reservation
-- and ':7' say that its ticket for seat 7 was refunded, so that a sale that is carried into Redis late, or once more, takes
-- the seat from nobody who has it by then.

local function refund_mark(id, seat)
  return '!' .. id .. ':' .. seat
end

-- The map contradicts Postgres: it answers nobody any more, and whoever needs it next makes it anew.
local function distrust(perf)
  redis.call('HDEL', perf.state, 'ready', 'rebuilder')
  redis.call('HDEL', perf.owners, 'ready')
end

-- Marks a seat as sold, unless its ticket was refunded since. Returns whether it was not sold before.
local function sell_seat(perf, seat, user, id)
  if redis.call('HGET', perf.owners, refund_mark(id, seat)) then return false end
  if redis.call('SETBIT', perf.sold, seat, 1) == 1 then
    if redis.call('HGET', perf.owners, '#' .. seat) ~= id then distrust(perf) end
    return false
  end
  redis.call('HINCRBY', perf.owners, user, 1)
  redis.call('HSET', perf.owners, '#' .. seat, id)
  return true
end

-- Takes a sale back, and remembers that it was. Returns whether the seat was sold by it until now.
local function refund_seat(perf, seat, user, id)
  redis.call('HSET', perf.owners, refund_mark(id, seat), '')
  if not is_sold(perf, seat) then return false end
  local sale = redis.call('HGET', perf.owners, '#' .. seat)
  if not sale then distrust(perf) end
  if sale ~= id then return false end
  redis.call('SETBIT', perf.sold, seat, 0)
  redis.call('HDEL', perf.owners, '#' .. seat)
  if redis.call('HINCRBY', perf.owners, user, -1) <= 0 then redis.call('HDEL', perf.owners, user) end
  return true
end
