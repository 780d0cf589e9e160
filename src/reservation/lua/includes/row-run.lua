-- Of a byte of `taken`, which stands for eight seats: how many of them are free before the first that is not, after the last
-- that is not, and side by side at most. A row has few different ones, and each is looked at once in a step.
local known_bytes = {}
local function runs_of(byte)
  local known = known_bytes[byte]
  if known then return known end
  local lead, run, longest = nil, 0, 0
  for at = 7, 0, -1 do
    if bit.band(byte, bit.lshift(1, at)) == 0 then
      run = run + 1
      longest = math.max(longest, run)
    else
      lead = lead or run
      run = 0
    end
  end
  known = { lead = lead or 8, trail = run, longest = longest }
  known_bytes[byte] = known
  return known
end

-- Where the first run of so many free seats begins in a byte that has one.
local function run_begins(byte, wanted)
  local run = 0
  for at = 0, 7 do
    run = bit.band(byte, bit.rshift(128, at)) == 0 and run + 1 or 0
    if run == wanted then return at - wanted + 1 end
  end
end

-- The longest run of free seats in a row, and the first seat of its first run that is long enough, where one is wanted and
-- is there. Eight seats cost one look.
local function free_run(perf, row, wanted)
  local first, past = row_start(perf, row), row_start(perf, row + 1)
  local at, last = bit.rshift(first, 3), bit.rshift(past - 1, 3)
  local bytes = { string.byte(redis.call('GETRANGE', perf.taken, at, last), 1, -1) }
  local run, begins, longest = 0, first, 0
  for i = at, last do
    local byte = bytes[i - at + 1] or 0
    -- The seats of the rows before and after count as taken.
    if i == at then byte = bit.bor(byte, 256 - bit.rshift(256, first % 8)) end
    if i == last then byte = bit.bor(byte, bit.rshift(255, (past - 1) % 8 + 1)) end
    local runs = runs_of(byte)
    if run == 0 then begins = i * 8 end
    longest = math.max(longest, run + runs.lead, runs.longest)
    if wanted and longest >= wanted then
      if run + runs.lead < wanted then begins = i * 8 + run_begins(byte, wanted) end
      return longest, begins
    end
    if runs.lead == 8 then
      run = run + 8
    else
      run, begins = runs.trail, (i + 1) * 8 - runs.trail
    end
  end
  return longest
end
