-- The fields of a reservation by name; nil where there is none.
local function load_reservation(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then return nil end
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

-- The fields of a reservation as the scripts answer them: see reservationOf in reservation-reply.ts. One text, as a list of
-- fifteen costs both sides several times as much. A hold past its end is EXPIRED, whether or not anything has noticed.
local function reply_of(f, now)
  local state = f.state
  local end_reason = f.end_reason or ''
  if state == 'HELD' and tonumber(f.expires_at) <= now then
    state = 'EXPIRED'
    if end_reason == '' then end_reason = 'TIME_UP' end
  end
  return table.concat({ f.id, f.user, f.performance, state, f.seats, f.prices, f.currency, f.created_at, f.expires_at,
    f.number, f.epoch, f.deadline or '0', now, end_reason, f.extended or '0' }, '|')
end

local function reservation_reply(key, now)
  return reply_of(load_reservation(key), now)
end

-- Writes fields by name.
local function store_reservation(key, fields)
  local flat = {}
  for name, value in pairs(fields) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  redis.call('HSET', key, unpack(flat))
end
