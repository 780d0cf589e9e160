-- @include line.lua

-- Two things are counted, each by parts of a minute, of which the last minute touches so many: 'admitted', and 'passed',
-- which is what left the head of the line, admitted or set aside, and so how fast those behind come nearer.
local RATE_PART_MS, RATE_PARTS, MINUTE_MS = 10000, 7, 60000

local function part_field(what, part)
  return what .. '_' .. part % RATE_PARTS
end

-- Forgets what was counted, and begins to measure now.
local function begin_measuring(now, what)
  local part = math.floor(now / RATE_PART_MS)
  for each = part - RATE_PARTS + 1, part do redis.call('HSET', line_key, part_field(what, each), 0) end
  redis.call('HSET', line_key, what .. '_part', part, what .. '_since', now)
end

-- Counts, so that a rate can be measured, from the first step after a quiet minute on. That step itself is not counted, as
-- it lets in what had piled up before.
local function count_moves(now, what, count)
  local part = math.floor(now / RATE_PART_MS)
  local last = tonumber(redis.call('HGET', line_key, what .. '_part'))
  if not last or last <= part - RATE_PARTS then return begin_measuring(now, what) end
  for each = last + 1, part do redis.call('HSET', line_key, part_field(what, each), 0) end
  if last < part then redis.call('HSET', line_key, what .. '_part', part) end
  redis.call('HINCRBY', line_key, part_field(what, part), count)
end

-- Measured for less, or fewer counted in less than a minute, and nothing is said of a rate: it would be chance.
local SHORTEST_MEASURE_MS, LEAST_COUNT = 2000, 20

-- So many a second, times 1000, over the last minute, or since they began where that is less; 0 where too little is known.
-- Of the oldest part counts the share that the last minute still covers.
local function rate_milli(now, what)
  local fields = redis.call('HMGET', line_key, what .. '_part', what .. '_since', what .. '_0', what .. '_1', what .. '_2',
    what .. '_3', what .. '_4', what .. '_5', what .. '_6')
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
  if count < LEAST_COUNT and now - from < MINUTE_MS then return 0 end
  return math.floor(count * 1000 * 1000 / (now - from))
end
