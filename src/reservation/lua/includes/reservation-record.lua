-- The fields of a reservation by name; nil where there is none.
local function load_reservation(key)
  local flat = redis.call('HGETALL', key)
  if #flat == 0 then return nil end
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

-- The reservation as the scripts answer it: see reservationOf in reservation-reply.ts. A hold past its end is EXPIRED,
-- whether or not anything has noticed.
local function reservation_reply(key, now)
  local f = load_reservation(key)
  local state = f.state
  local end_reason = f.end_reason or ''
  if state == 'HELD' and tonumber(f.expires_at) <= now then
    state = 'EXPIRED'
    if end_reason == '' then end_reason = 'TIME_UP' end
  end
  return { f.id, f.user, f.performance, state, f.seats, f.prices, f.currency, f.created_at, f.expires_at,
    f.number, f.epoch, f.deadline or '0', tostring(now), end_reason, f.extended or '0' }
end
