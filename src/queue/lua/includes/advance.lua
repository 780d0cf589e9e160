-- @include line.lua

-- Ends admissions that ran out and places that were set aside for too long, at most limit of each.
local function end_run_out(now, limit)
  local ended = 0
  local function end_all(key, until_ms)
    for _, user in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', until_ms, 'LIMIT', 0, limit)) do
      end_place(user, redis.call('HGET', places_key, user), 'E', now)
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

-- How many may be admitted now: none while paused, before the sale or without a free seat; never more than the rate
-- has saved up or the capacity leaves.
local function doors_room(now)
  local fields = redis.call('HMGET', line_key, 'mode', 'sale_opens_at', 'capacity', 'seats_free')
  local by_rate = math.floor(refill_tokens(now) / 1000)
  if fields[1] == 'PAUSED' or now < tonumber(fields[2]) or fields[4] == '0' then return 0 end
  -- Counted by the time, not by what is left in the set: a clean-up that is still due frees nothing and hides nothing.
  local inside = redis.call('ZCOUNT', admitted_key, '(' .. now, '+inf')
  return math.min(by_rate, tonumber(fields[3]) - inside)
end

-- Counts admissions into the windows from which the rate is measured.
local function count_admissions(now, admitted)
  local window = math.floor(now / RATE_WINDOW_MS)
  local last = tonumber(redis.call('HGET', line_key, 'rate_window'))
  if last ~= window then
    local before = last == window - 1 and redis.call('HGET', line_key, 'rate_count') or 0
    redis.call('HSET', line_key, 'rate_window', window, 'rate_count', 0, 'rate_before', before)
  end
  redis.call('HINCRBY', line_key, 'rate_count', admitted)
end

-- Admits at most room waiters in the order of their numbers, and looks at no more than limit of them. A waiter who was
-- not seen for too long is set aside, keeps the number, and holds nobody up.
local function admit_from_head(now, room, limit)
  local admitted, set_aside = 0, 0
  local silent_before, ends_at = now - line_number('away_after_ms'), now + line_number('admission_ttl_ms')
  for _, user in ipairs(redis.call('ZRANGE', waiting_key, 0, limit - 1)) do
    if admitted == room then break end
    redis.call('ZREM', waiting_key, user)
    if tonumber(redis.call('ZSCORE', seen_key, user)) < silent_before then
      redis.call('ZADD', away_key, now, user)
      set_aside = set_aside + 1
    else
      redis.call('ZADD', admitted_key, ends_at, user)
      admitted = admitted + 1
    end
    redis.call('ZREM', seen_key, user)
  end
  if admitted > 0 then
    redis.call('HINCRBY', line_key, 'tokens_milli', -1000 * admitted)
    count_admissions(now, admitted)
  end
  return admitted, set_aside
end
