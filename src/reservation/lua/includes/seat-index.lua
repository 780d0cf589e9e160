-- @include performance.lua

-- The index of free seats. `taken` has a bit for each seat that is held or sold, `runs` a byte for each row: how many free
-- seats stand side by side in it at most. So the first row with room for n is found by one search in a text of a thousand
-- bytes, in a hall of fifty thousand seats as in one of fifty.
--
-- A byte of `runs` is 192 and the run: above all characters that mean something in a pattern.
local RUN_BASE, LONGEST_RUN = 192, 63

-- Seat numbers as a list of texts.
local function seat_list(seats)
  local list = {}
  for seat in string.gmatch(seats, '%d+') do list[#list + 1] = seat end
  return list
end

-- The first seat of a row, from 1; after the last row comes one more, past the last seat. Two bytes each.
local function row_start(perf, row)
  perf.row_starts = perf.row_starts or redis.call('GET', perf.rows) or ''
  local high, low = string.byte(perf.row_starts, 2 * row - 1, 2 * row)
  return high * 256 + low
end

-- How many rows the hall has; 0 where Redis does not know.
local function row_count(perf)
  perf.row_starts = perf.row_starts or redis.call('GET', perf.rows) or ''
  return math.max(0, #perf.row_starts / 2 - 1)
end

-- The row in which a seat stands.
local function row_of(perf, seat)
  local low, high = 1, row_count(perf)
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if row_start(perf, middle) <= seat then low = middle else high = middle - 1 end
  end
  return low
end

-- @include row-run.lua

local function write_run(perf, row)
  local longest = free_run(perf, row)
  redis.call('SETRANGE', perf.runs, row - 1, string.char(RUN_BASE + math.min(longest, LONGEST_RUN)))
end

-- Writes down whether seats can be had. Those of one row that follow each other cost one look at the row.
local function mark_seats(perf, seats, taken)
  local rows, row, last = {}, nil, 0
  for _, seat in ipairs(seats) do
    seat = tonumber(seat)
    redis.call('SETBIT', perf.taken, seat, taken)
    if row_count(perf) > 0 and (not row or seat > last or seat < row_start(perf, row)) then
      row = row_of(perf, seat)
      last = row_start(perf, row + 1) - 1
      rows[#rows + 1] = row
    end
  end
  for _, each in ipairs(rows) do write_run(perf, each) end
end
