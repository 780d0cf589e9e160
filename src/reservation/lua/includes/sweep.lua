-- @include seat-index.lua

-- How many seats one run frees of those whose hold ran out: it stays within a millisecond or two.
local SWEEP_LIMIT = 200

-- Takes seats whose hold ran out off the index, and tells the watchers. Nobody waits for it: single seats are judged by
-- their keys and by the time. Who looks at the whole map sweeps first. Returns whether seats are left that ran out.
local function sweep_expired(perf, now)
  local expired = redis.call('ZRANGEBYSCORE', perf.held, '-inf', now, 'LIMIT', 0, SWEEP_LIMIT)
  if #expired == 0 then return false end
  redis.call('ZREM', perf.held, unpack(expired))
  table.sort(expired, function(a, b) return tonumber(a) < tonumber(b) end)
  mark_seats(perf, expired, 0)
  map_changed(perf, { X = expired })
  return #expired == SWEEP_LIMIT and redis.call('ZCOUNT', perf.held, '-inf', now) > 0
end
