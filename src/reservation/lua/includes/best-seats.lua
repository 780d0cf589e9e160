-- @include hold.lua

-- How many seats of the performance can be had.
local function free_count(perf, now)
  local held = redis.call('ZCOUNT', perf.held, '(' .. now, '+inf')
  return row_start(perf, row_count(perf) + 1) - 1 - held - redis.call('BITCOUNT', perf.sold)
end

-- The first row from one to another that has so many free seats side by side.
local function row_with_run(runs, count, first_row, last_row)
  local row = string.find(runs, '[' .. string.char(RUN_BASE + count) .. '-\255]', first_row)
  if row and row <= last_row then return row end
end

-- The longest run of free seats in the rows.
local function longest_run(runs, first_row, last_row)
  local longest = RUN_BASE
  for row = first_row, last_row do longest = math.max(longest, string.byte(runs, row)) end
  return longest - RUN_BASE
end

-- The seats of a hold that may be among those that are chosen for the one that replaces it: not one that turned out to be
-- sold to somebody else.
local function own_seats(fields, seat_keys)
  local own = {}
  for i, seat in ipairs(seat_list(fields.seats)) do
    if redis.call('GET', seat_keys[i]) == fields.id and not is_sold(performance, seat) then own[#own + 1] = seat end
  end
  return own
end

-- The best seats and their prices; nil, nil and the longest run where no row of the sections has so many side by side.
local function best_seats(perf, count, sections)
  local first_row = tonumber(string.match(sections, '^%d+'))
  local last_row = tonumber(string.match(sections, '(%d+):%d+$'))
  local runs = redis.call('GET', perf.runs)
  local row = row_with_run(runs, count, first_row, last_row)
  if not row then return nil, nil, longest_run(runs, first_row, last_row) end
  local _, first_seat = free_run(perf, row, count)
  local row_price
  for last, price in string.gmatch(sections, '%d+:(%d+):(%d+)') do
    row_price = price
    if row <= tonumber(last) then break end
  end
  local seats, prices = {}, {}
  for i = 1, count do
    seats[i], prices[i] = string.format('%d', first_seat + i - 1), row_price
  end
  return seats, table.concat(prices, ',')
end
