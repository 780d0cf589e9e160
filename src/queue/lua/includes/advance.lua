-- @include line.lua

-- Ends admissions that ran out and places that were set aside for too long, at most limit of each.
local function end_run_out(now, limit)
  local ended = 0
  local function end_all(key, until_ms)
    for _, user in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', until_ms, 'LIMIT', 0, limit)) do
      end_place(user, tonumber(redis.call('HGET', places_key, user)), 'E', now)
      ended = ended + 1
    end
  end
  end_all(admitted_key, now)
  end_all(away_key, now - line_number('away_ttl_ms'))
  return ended
end

-- Forgets ended places that no valid token can name any more.
local function forget_ended(until_ms, limit)
  local old = redis.call('ZRANGEBYSCORE', ended_key, '-inf', until_ms, 'LIMIT', 0, limit)
  if #old > 0 then redis.call('ZREM', ended_key, unpack(old)) end
end

-- Thousandths of admissions that the rate allows now. Milli-tokens are whole numbers: a rate of r a second is r
-- milli-tokens a millisecond, so no fraction is ever lost or gained.
local function refill_tokens(now)
  local fields = redis.call('HMGET', line_key, 'tokens_milli', 'tokens_at', 'rate_per_second', 'burst')
  local rate, full = tonumber(fields[3]), tonumber(fields[4]) * 1000
  local tokens = full
  if fields[1] then tokens = math.min(full, tonumber(fields[1]) + math.max(0, now - tonumber(fields[2])) * rate) end
  redis.call('HSET', line_key, 'tokens_milli', string.format('%.0f', tokens), 'tokens_at', string.format('%.0f', now))
  return tokens
end

-- How many the free seats can serve besides those who are inside and hold nothing yet. The count of free seats is never
-- too large: a hold counts off in its own script, and only seats that came back are counted later. Before they were
-- counted for the first time nobody is let in.
local function room_by_stock(now, inside)
  local fields = redis.call('HMGET', line_key, 'seats_free', 'seat_headroom_percent')
  local idle = inside - redis.call('ZCOUNT', holding_key, '(' .. now, '+inf')
  return math.floor((tonumber(fields[1]) or 0) * (tonumber(fields[2]) or 100) / 100) - idle
end

-- How many may be admitted now: none while paused, before the sale or while the line recovers; never more than the rate
-- has saved up, the capacity leaves or the free seats can serve.
local function doors_room(now)
  local fields = redis.call('HMGET', line_key, 'mode', 'sale_opens_at', 'capacity', 'recovers_until')
  local by_rate = math.floor(refill_tokens(now) / 1000)
  if fields[1] == 'PAUSED' or now < tonumber(fields[2]) or now < (tonumber(fields[4]) or 0) then
    return 0
  end
  -- Counted by the time, not by what is left in the set: a clean-up that is still due frees nothing and hides nothing.
  local inside = redis.call('ZCOUNT', admitted_key, '(' .. now, '+inf')
  return math.min(by_rate, tonumber(fields[3]) - inside, room_by_stock(now, inside))
end
