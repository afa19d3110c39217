-- KEYS: version counter, index, expiry index, stop mark of this commit, then
-- the keys expected, put and removed. ARGV: epoch, commit id, how many are
-- expected, put and removed, how many expired keys to drop at most; then for
-- each expectation the packed version and for each put the record's tail.
-- Answers the commit id, a code (see redis_scripts.h) and its number.
if epoch ~= ARGV[1] then return {ARGV[2], 2, 0} end
if redis.call('EXISTS', KEYS[4]) == 1 then return {ARGV[2], 3, 0} end
local expects, puts = tonumber(ARGV[3]), tonumber(ARGV[4])
local removes, drops = tonumber(ARGV[5]), tonumber(ARGV[6])
for i = 1, expects do
  if redis.call('GETRANGE', KEYS[4 + i], 1, 8) ~= ARGV[6 + i] then
    return {ARGV[2], 1, i}
  end
end

-- unpack() takes a few thousand values at most.
local function in_slices(list, call)
  for i = 1, #list, 2000 do
    call(unpack(list, i, math.min(i + 1999, #list)))
  end
end
local base = string.sub(KEYS[2], 1, -7) .. ':'

-- Before the writes: a commit drops nothing of its own.
if drops > 0 then
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local due = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf',
                         string.format('(%.0f', now), 'LIMIT', 0, drops)
  for _, name in ipairs(due) do
    -- The key may have been put again without a hint, or be gone.
    local expires = redis.call('GETRANGE', base .. name, 33, 40)
    if #expires == 8 then
      expires = struct.unpack('>I8', expires)
      if expires < now then
        redis.call('DEL', base .. name)
        redis.call('ZREM', KEYS[2], name)
      end
    end
    redis.call('ZREM', KEYS[3], name)
  end
end

local version = 0
if puts > 0 then
  version = redis.call('INCR', KEYS[1])
  local head = '\1' .. struct.pack('>I8', version)
  local names, expiring, records = {}, {}, {}
  for i = 1, puts do
    local key, tail = KEYS[4 + expects + i], ARGV[6 + expects + i]
    local name = string.sub(key, #base + 1)
    names[2 * i - 1], names[2 * i] = '0', name
    records[2 * i - 1], records[2 * i] = key, head .. tail
    local expires = struct.unpack('>I8', tail, 25)
    -- All bits set: no hint.
    if expires < 2^63 then
      expiring[#expiring + 1] = string.format('%.0f', expires)
      expiring[#expiring + 1] = name
    end
  end
  -- Redis takes nothing back when a script fails half-way: what can fail, on
  -- a key of another type, comes first.
  in_slices(names, function(...) redis.call('ZADD', KEYS[2], ...) end)
  in_slices(expiring, function(...) redis.call('ZADD', KEYS[3], ...) end)
  in_slices(records, function(...) redis.call('MSET', ...) end)
end
for i = 1, removes do
  local key = KEYS[4 + expects + puts + i]
  redis.call('ZREM', KEYS[2], string.sub(key, #base + 1))
  redis.call('DEL', key)
end
return {ARGV[2], 0, version}
