-- One order for the places of all epochs. Where Redis lost everything, the line starts again with the next epoch and
-- numbers from 1, and whoever comes back with a token of an epoch before stands ahead of all who came since. So a place
-- is kept by its ordinal: in the present epoch the number itself, and below zero for each epoch before. Scores of sorted
-- sets are exact up to 2^53, which is room for two million epochs of four billion numbers.
local EPOCH_SPAN = 4294967296

local epoch_of_line
local function line_epoch()
  epoch_of_line = epoch_of_line or line_number('epoch')
  return epoch_of_line
end

-- The ordinal of the place with this number in this epoch.
local function ordinal_of(epoch, number)
  return (epoch - line_epoch()) * EPOCH_SPAN + number
end

-- Epoch and number of the place with this ordinal.
local function named_by(ordinal)
  local epochs = math.floor(ordinal / EPOCH_SPAN)
  return line_epoch() + epochs, ordinal - epochs * EPOCH_SPAN
end

-- An ordinal as text, all digits of it.
local function ordinal_text(ordinal)
  return string.format('%.0f', ordinal)
end
