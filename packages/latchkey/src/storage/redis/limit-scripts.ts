/**
 * Budgets in Redis are what they are in SQL: the last charges as text of fixed width, oldest first. A script runs alone on the server, so all
 * budgets of a charge are taken or none. Time is that of the caller; that Redis lets a key expire frees memory and decides nothing.
 */

/** Digits of an instant in epoch milliseconds. */
export const stampLength = 13

// Nodes whose clocks differ by more are not ready (`/readyz`).
const clockToleranceMs = 2_000

/** A key outlives its window by this much: the server's clock may run ahead of what it is asked with. */
const keptMs = 60_000

/**
 * KEYS: the budgets in order. ARGV: now, then limit and window of each. Answers nothing when all were taken, else the number of the first
 * that has no room and the milliseconds until it has.
 *
 * What seems to lie in the future was charged by now at the latest: after clocks were set back, a full budget frees itself within one window
 * instead of when they have caught up.
 */
export const chargeScript: string = `
local stamp = ARGV[1]
local now = tonumber(stamp)
local charged = {}
for i, key in ipairs(KEYS) do
  local size, window = tonumber(ARGV[2 * i]) * ${stampLength}, tonumber(ARGV[2 * i + 1])
  local stamps = charged[key] or redis.call('GET', key) or ''
  if #stamps >= size then
    local oldest = tonumber(string.sub(stamps, -size, ${stampLength - 1} - size))
    if oldest > now - window then
      local ahead = false
      local healed = string.gsub(stamps, string.rep('%d', ${stampLength}), function(at)
        if tonumber(at) > now + ${clockToleranceMs} then ahead = true end
        if tonumber(at) > now then return stamp end
      end)
      if ahead then redis.call('SET', key, healed, 'PX', window + ${keptMs}) end
      return { i - 1, math.min(oldest - now + window, window) }
    end
  end
  charged[key] = string.sub(stamps .. stamp, -size)
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, charged[key], 'PX', tonumber(ARGV[2 * i + 1]) + ${keptMs})
end
return nil`

/** KEYS: the budgets. ARGV: the stamp of each. Answers of each how many charges were given back: one or none. */
export const refundScript: string = `
local given = {}
for i, key in ipairs(KEYS) do
  local stamps = redis.call('GET', key) or ''
  given[i] = 0
  for from = #stamps - ${stampLength - 1}, 1, -${stampLength} do
    if string.sub(stamps, from, from + ${stampLength - 1}) == ARGV[i] then
      redis.call('SET', key, string.sub(stamps, 1, from - 1) .. string.sub(stamps, from + ${stampLength}), 'KEEPTTL')
      given[i] = 1
      break
    end
  end
end
return given`
