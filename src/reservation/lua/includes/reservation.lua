-- @include ../../../queue/lua/includes/place.lua

-- The keys that the scripts of a reservation share, after the eight of the line.
local reservation_key, state_key, held_key, sold_key, paying_key = KEYS[9], KEYS[10], KEYS[11], KEYS[12], KEYS[13]

-- The fields of the reservation by name; nil where there is none.
local function load_reservation()
  local flat = redis.call('HGETALL', reservation_key)
  if #flat == 0 then return nil end
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

-- Counts the performance's map up: whoever reads it can tell that it changed.
local function map_changed()
  redis.call('HINCRBY', state_key, 'version', 1)
  publish_moved()
end

-- Whether every seat key still names this reservation.
local function holds_all(id, first_seat)
  for i = first_seat, #KEYS do
    if redis.call('GET', KEYS[i]) ~= id then return false end
  end
  return true
end

-- Lets the hold end at a time: its seat keys, its entries in the index and in the line, the admission of its holder.
-- The admission ends with the hold or at its own time, whichever is later.
local function set_hold_end(fields, id, ends_at, now, first_seat)
  for i = first_seat, #KEYS do redis.call('PEXPIREAT', KEYS[i], ends_at) end
  for seat in string.gmatch(fields.seats, '%d+') do redis.call('ZADD', held_key, ends_at, seat) end
  redis.call('HSET', reservation_key, 'expires_at', ends_at)
  local entry = redis.call('HGET', holders_key, fields.user)
  local holder, admission_end = string.match(entry or '', '^([^|]+)|%d+|(%d+)$')
  if holder ~= id then return end
  redis.call('HSET', holders_key, fields.user, id .. '|' .. ends_at .. '|' .. admission_end)
  redis.call('ZADD', admitted_key, 'XX', math.max(tonumber(admission_end), ends_at), fields.user)
end

-- Takes the hold of a reservation away: its seats are free, its holder's admission has its own end again.
local function drop_hold(fields, id, first_seat)
  for i = first_seat, #KEYS do
    if redis.call('GET', KEYS[i]) == id then redis.call('DEL', KEYS[i]) end
  end
  for seat in string.gmatch(fields.seats, '%d+') do
    -- The index may already name a later hold of the seat; that one stays.
    local ends_at = redis.call('ZSCORE', held_key, seat)
    if ends_at and tonumber(ends_at) <= tonumber(fields.expires_at) then redis.call('ZREM', held_key, seat) end
  end
  local entry = redis.call('HGET', holders_key, fields.user)
  local holder, admission_end = string.match(entry or '', '^([^|]+)|%d+|(%d+)$')
  if holder ~= id then return end
  redis.call('HDEL', holders_key, fields.user)
  redis.call('ZADD', admitted_key, 'XX', admission_end, fields.user)
end

-- The reservation as the scripts answer it: see ReservationReply in reservation.store.ts. A hold past its end is
-- EXPIRED, whether or not anything has noticed.
local function reservation_reply(now)
  local f = load_reservation()
  if not f then return false end
  local state = f.state
  if state == 'HELD' and tonumber(f.expires_at) <= now then state = 'EXPIRED' end
  return { f.id, f.user, f.performance, state, f.seats, f.prices, f.currency, f.created_at, f.expires_at,
    f.number, f.epoch, f.deadline or '0', tostring(now) }
end
