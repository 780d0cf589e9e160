-- @include ../../../queue/lua/includes/clock.lua
-- @include ../../../queue/lua/includes/run-id.lua

-- The seven keys of a performance, of which the first is KEYS[first].
local function performance_at(first)
  return { state = KEYS[first], held = KEYS[first + 1], sold = KEYS[first + 2], taken = KEYS[first + 3],
    runs = KEYS[first + 4], rows = KEYS[first + 5], owners = KEYS[first + 6] }
end

-- Whether the map was made whole in this run of the server. After a restart or a failover the last second may be missing,
-- and sales with it: until the map is made anew from Postgres it answers nobody.
local function is_ready(perf)
  return redis.call('HGET', perf.state, 'ready') == server_run()
end

-- Whether the performance was canceled: its seats are not on sale any more, also those that are free.
local function is_canceled(perf)
  return redis.call('HGET', perf.state, 'canceled') == '1'
end

-- Who rebuilds, in which run of the server.
local function rebuilder_now(rebuilder)
  return rebuilder .. '|' .. server_run()
end

-- Whether the map is still being rebuilt by the one who claims so: the claim may have lapsed, and what was begun may have
-- been lost once more. In another run of the server it is begun anew: sales that settled since the rebuilder asked Postgres
-- may be lost with the last second of the run before.
local function is_rebuilt_by(perf, claim_key, rebuilder)
  return redis.call('GET', claim_key) == rebuilder
    and redis.call('HGET', perf.state, 'rebuilder') == rebuilder_now(rebuilder)
end

local function is_sold(perf, seat)
  return redis.call('GETBIT', perf.sold, seat) == 1
end

-- Counts the map up and tells its watchers on every instance what changed: see seat-changes.ts. Each change is a letter
-- and seat numbers, 'H' held, 'R' released, 'X' expired, 'S' sold, 'F' refunded; one without
-- seats is left out.
local function map_changed(perf, changes)
  local texts = {}
  for letter, seats in pairs(changes) do
    if #seats > 0 then texts[#texts + 1] = letter .. table.concat(seats, ',') end
  end
  if #texts == 0 then return end
  local version = string.format('%.0f', redis.call('HINCRBY', perf.state, 'version', 1))
  redis.call('PUBLISH', string.gsub(perf.state, ':state$', ':changes'), version .. ' ' .. table.concat(texts, ' '))
end
