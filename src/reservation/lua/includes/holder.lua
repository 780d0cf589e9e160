-- @include ../../../queue/lua/includes/line.lua

-- What a hold changes in the line.

-- Counts seats off the stock of the concert in the step that takes them: until the next count it may be too small, never
-- too large. Everybody in line is told when it is sold out.
local function take_from_stock(count)
  local free = tonumber(redis.call('HGET', line_key, 'seats_free'))
  if not free or free == 0 then return end
  free = math.max(0, free - count)
  redis.call('HSET', line_key, 'seats_free', free)
  if free == 0 then publish_stock(line_key, 0) end
end

-- The holder's entry in the line, where it is of this reservation: the end of the admission without the hold.
local function admission_end_of(fields)
  local entry = redis.call('HGET', holders_key, fields.user)
  local holder, admission_end = string.match(entry or '', '^([^|]+)|%d+|(%d+)$')
  if holder == fields.id then return tonumber(admission_end) end
end

-- Writes down in the line who holds until when: while a hold lives, its holder is admitted and not idle.
local function set_holder(user, id, held_until, admission_end)
  redis.call('HSET', holders_key, user, id .. '|' .. held_until .. '|' .. admission_end)
  redis.call('ZADD', holding_key, held_until, user)
  redis.call('ZADD', admitted_key, 'XX', math.max(admission_end, held_until), user)
end

local function forget_holder(user)
  redis.call('HDEL', holders_key, user)
  redis.call('ZREM', holding_key, user)
end
