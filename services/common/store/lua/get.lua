-- KEYS: version counter (it names the slot), then the keys to read. ARGV: most
-- bytes. Answers the epoch and the records, nil for a missing one; or the epoch
-- and -1 if the records together are too large.
local answer, bytes = {epoch}, 0
for i = 2, #KEYS, 2000 do
  local records = redis.call('MGET', unpack(KEYS, i, math.min(i + 1999, #KEYS)))
  for j = 1, #records do
    if records[j] then bytes = bytes + #records[j] end
    if bytes > tonumber(ARGV[1]) then return {epoch, -1} end
    answer[i + j - 1] = records[j]
  end
end
return answer
