-- @include line.lua

-- Admissions are counted by parts of a minute, of which the last minute touches so many.
local RATE_PART_MS, RATE_PARTS, MINUTE_MS = 10000, 7, 60000

local function rate_field(part)
  return 'rate_' .. part % RATE_PARTS
end

-- Counts admissions, so that their rate can be measured, from the first step after a quiet minute on. That step itself is
-- not counted, as it lets in what had piled up before.
local function count_admissions(now, admitted)
  local part = math.floor(now / RATE_PART_MS)
  local last = tonumber(redis.call('HGET', line_key, 'rate_part'))
  local begins = not last or last <= part - RATE_PARTS
  if begins then redis.call('HSET', line_key, 'rate_since', now) end
  if begins or last < part then
    for each = begins and part - RATE_PARTS + 1 or last + 1, part do
      redis.call('HSET', line_key, rate_field(each), 0)
    end
    redis.call('HSET', line_key, 'rate_part', part)
  end
  if not begins then redis.call('HINCRBY', line_key, rate_field(part), admitted) end
end

-- Shorter than this nothing is said of the rate.
local SHORTEST_MEASURE_MS = 2000

-- Admissions a second, times 1000, over the last minute, or since they began where that is less; 0 where too little is
-- known. Of the oldest part counts the share that the last minute still covers.
local function admission_rate_milli(now)
  local fields = redis.call('HMGET', line_key, 'rate_part', 'rate_since', 'rate_0', 'rate_1', 'rate_2', 'rate_3', 'rate_4',
    'rate_5', 'rate_6')
  local last, since = tonumber(fields[1]), tonumber(fields[2])
  if not last then return 0 end
  local from = math.max(since, now - MINUTE_MS)
  if now - from < SHORTEST_MEASURE_MS then return 0 end
  local count = 0
  for part = last - RATE_PARTS + 1, last do
    local begins, ends = math.max(part * RATE_PART_MS, since), math.min((part + 1) * RATE_PART_MS, now)
    local covered = ends - math.max(begins, from)
    if covered > 0 then count = count + fields[3 + part % RATE_PARTS] * covered / (ends - begins) end
  end
  return math.floor(count * 1000 * 1000 / (now - from))
end
