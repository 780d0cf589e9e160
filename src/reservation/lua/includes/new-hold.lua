-- @include ../../../queue/lua/includes/place.lua
-- @include ../../../queue/lua/includes/facts.lua
-- @include hold.lua
-- @include sweep.lua

-- What holding seats has in common, whether the user or the script chooses them. The keys that follow the fixed ones are the
-- owners of every performance of the concert, then those of the seats that are held, where they are known, then those of
-- the reservation that is replaced.
local OWNERS_AT, PERFORMANCES = 30, tonumber(ARGV[16])
local user, new_id = ARGV[1], ARGV[4]
local replaced_performance = KEYS[23] == KEYS[12] and performance or performance_at(23)

-- How many seats the user owns, of the concert and of the performance; nil where a map of the concert is not there.
local function owned_seats()
  local of_concert, run = 0, server_run()
  for i = OWNERS_AT, OWNERS_AT + PERFORMANCES - 1 do
    local fields = redis.call('HMGET', KEYS[i], 'ready', user)
    if fields[1] ~= run then return nil end
    of_concert = of_concert + (tonumber(fields[2]) or 0)
  end
  return of_concert, tonumber(redis.call('HGET', performance.owners, user)) or 0
end

-- The outcome of an earlier call with the same key. It comes before any state: a retry gets its answer also after the
-- admission ended.
local function earlier_outcome()
  if ARGV[10] == '' then return nil end
  local hash, before = string.match(redis.call('GET', KEYS[21]) or '', '^(%x+)|(.+)$')
  if hash then return hash == ARGV[10] and { 2, before } or { -3 } end
end

-- The hold that is replaced, or why there is none to replace.
local function replaced_hold(living)
  if living ~= ARGV[15] then return nil, { -10 } end
  local fields = load_reservation(KEYS[22])
  if not fields then return nil, { -10 } end
  if fields.state == 'PAYING' then return nil, { -11 } end
  if fields.state ~= 'HELD' then return nil, { -10 } end
  return fields
end

-- Whether the user may hold so many seats now. Returns the place and the hold that is replaced, or nil and the refusal.
local function may_hold(count, now)
  if redis.call('EXISTS', line_key) == 0 then return nil, { -1 } end
  local of_concert, of_performance = owned_seats()
  if not of_concert or not is_ready(performance) then return nil, { -2 } end
  local earlier = earlier_outcome()
  if earlier then return nil, earlier end
  if now < tonumber(ARGV[14]) then return nil, { -12, tostring(now) } end
  if now >= tonumber(ARGV[13]) then return nil, { -8 } end
  if is_canceled(performance) then return nil, { -13 } end
  local place = place_reply(user, tonumber(ARGV[2]), tonumber(ARGV[3]), now, true)
  if place[1] ~= 'ADMITTED' then return nil, { -4, place, line_facts(now) } end
  local living = live_hold(user, now)
  local replaced, refusal
  if ARGV[15] ~= '' then
    replaced, refusal = replaced_hold(living)
    if refusal then return nil, refusal end
  elseif living then
    return nil, { -5, living }
  end
  if of_concert + count > tonumber(ARGV[8]) or of_performance + count > tonumber(ARGV[9]) then
    return nil, { -6, of_concert, of_performance }
  end
  return place, replaced
end
