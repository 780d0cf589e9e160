-- @include new-hold.lua

-- Ends the hold that is replaced, for the new one to take its place. Returns the end of the admission without a hold, and the
-- seats that are free by it.
local function end_replaced(replaced, seat_keys)
  local admission_end = admission_end_of(replaced)
  local freed = drop_hold(replaced_performance, replaced, seat_keys)
  redis.call('HSET', KEYS[22], 'state', 'RELEASED', 'end_reason', 'REPLACED')
  return admission_end, freed
end

-- Those of the seats that are not among the others.
local function without(seats, others)
  local left, known = {}, {}
  for _, seat in ipairs(others) do known[seat] = true end
  for _, seat in ipairs(seats) do
    if not known[seat] then left[#left + 1] = seat end
  end
  return left
end

-- Writes the hold. A new one lives its time, one that replaces another has the end of that one, so that swapping wins no
-- time; none outlives the beginning of the performance.
local function write_hold(now, place, seats, seat_keys, prices, replaced, replaced_keys)
  local ends_at = math.min(now + ARGV[6], tonumber(ARGV[13]))
  local admission_end, freed = place[5], {}
  if replaced then
    ends_at = math.min(tonumber(replaced.expires_at), tonumber(ARGV[13]))
    admission_end, freed = end_replaced(replaced, replaced_keys)
  end
  local retention = tonumber(ARGV[7])
  for _, key in ipairs(seat_keys) do redis.call('SET', key, new_id, 'NX', 'PXAT', key_end(ends_at)) end
  local fields = { id = new_id, user = user, number = place[2], epoch = place[3], performance = ARGV[5], state = 'HELD',
    seats = table.concat(seats, ','), prices = prices, currency = ARGV[12], created_at = now, expires_at = ends_at,
    starts_at = ARGV[13], extended = replaced and replaced.extended, ends_by = replaced and replaced.ends_by }
  store_reservation(reservation_key, fields)
  redis.call('PEXPIREAT', reservation_key, ends_at + retention)
  write_hold_end(performance, seats, fields, ends_at, admission_end)
  redis.call('ZREMRANGEBYSCORE', KEYS[20], '-inf', now - retention)
  redis.call('ZADD', KEYS[20], exact_ms(), new_id)
  redis.call('PEXPIRE', KEYS[20], ends_at - now + retention)
  if ARGV[10] ~= '' then redis.call('SET', KEYS[21], ARGV[10] .. '|' .. new_id, 'PX', ARGV[11]) end
  if #seats > #freed then take_from_stock(#seats - #freed) end
  if replaced_performance == performance then
    map_changed(performance, { H = seats, R = without(freed, seats) })
  else
    map_changed(replaced_performance, { R = freed })
    map_changed(performance, { H = seats })
  end
  return { 1, reply_of(fields, now) }
end
