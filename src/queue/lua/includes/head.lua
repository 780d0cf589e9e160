-- @include line.lua
-- @include rate.lua

-- How many at the head are looked at in one go.
local HEAD_CHUNK = 100

-- Moves waiters who have left the line into a set in which all have the same time, in a few commands for all of them, and
-- writes it down.
local function move_to(to_key, users, ordinals, at, letter)
  if #users == 0 then return end
  local scored = {}
  for i, user in ipairs(users) do
    scored[2 * i - 1], scored[2 * i] = at, user
  end
  redis.call('ZREM', seen_key, unpack(users))
  redis.call('ZADD', to_key, unpack(scored))
  log_event(letter, ordinals)
end

-- Looks at the first waiters: which of them are silent, and which are there and have room.
local function sort_head(chunk, room, silent_before)
  local head = redis.call('ZRANGE', waiting_key, 0, chunk - 1, 'WITHSCORES')
  local users = {}
  for i = 1, #head, 2 do users[#users + 1] = head[i] end
  if #users == 0 then return {}, {}, {}, {} end
  local seen = redis.call('ZMSCORE', seen_key, unpack(users))
  local silent, silent_ordinals, let_in, let_in_ordinals = {}, {}, {}, {}
  for i, user in ipairs(users) do
    if tonumber(seen[i]) < silent_before then
      silent[#silent + 1], silent_ordinals[#silent_ordinals + 1] = user, tonumber(head[2 * i])
    elseif #let_in < room then
      let_in[#let_in + 1], let_in_ordinals[#let_in_ordinals + 1] = user, tonumber(head[2 * i])
    else
      break
    end
  end
  return silent, silent_ordinals, let_in, let_in_ordinals
end

-- Notices that the house is full for the first time: from now on the pace of the line is that of those who leave.
local function notice_full(now)
  local fields = redis.call('HMGET', line_key, 'full_at', 'capacity')
  if fields[1] or redis.call('ZCOUNT', admitted_key, '(' .. now, '+inf') < tonumber(fields[2]) then return end
  redis.call('HSET', line_key, 'full_at', now)
  begin_measuring(now, 'passed')
end

-- Walks the line from its head, at most limit places: admits room waiters in the order of their ordinals, and sets silent
-- ones aside, who keep their number and hold nobody up. Stops at the first who is there and has no room, so that the head
-- of the line is always somebody who is there, and positions count no ghosts before them.
local function walk_head(now, room, limit)
  local admitted, set_aside = 0, 0
  local silent_before, ends_at = now - line_number('away_after_ms'), now + line_number('admission_ttl_ms')
  while admitted + set_aside < limit do
    local chunk = math.min(HEAD_CHUNK, limit - admitted - set_aside)
    local silent, silent_ordinals, let_in, let_in_ordinals = sort_head(chunk, room - admitted, silent_before)
    local moved = #silent + #let_in
    -- They are the first ones of the line: by rank nobody has to be looked for.
    if moved > 0 then redis.call('ZREMRANGEBYRANK', waiting_key, 0, moved - 1) end
    move_to(away_key, silent, silent_ordinals, now, 'S')
    move_to(admitted_key, let_in, let_in_ordinals, ends_at, 'A')
    admitted, set_aside = admitted + #let_in, set_aside + #silent
    if moved < chunk then break end
  end
  if admitted > 0 then
    redis.call('HINCRBY', line_key, 'tokens_milli', -1000 * admitted)
    count_moves(now, 'admitted', admitted)
  end
  if admitted + set_aside > 0 then count_moves(now, 'passed', admitted + set_aside) end
  return admitted, set_aside
end
