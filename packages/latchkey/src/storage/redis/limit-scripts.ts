import type { BudgetCharge } from '../../throttle/budget.ts'

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

/** By so many characters a text grows beyond its limit before it is cut to it: a cut takes all of it through Lua, a charge two stamps. */
const spared = 16 * stampLength

/** What the script is told of a budget, as the commands take it: it turns numbers into text more slowly than they work. */
export function chargeValues({ limit, windowMs }: Pick<BudgetCharge, 'limit' | 'windowMs'>): readonly string[] {
  const from = -limit * stampLength
  return [String(from), String(from + stampLength - 1), String(windowMs + keptMs)]
}

/**
 * KEYS: the budgets in order. ARGV: now, then of each where the stamp that decides begins and ends, counted from the end of the text, and how long
 * the key is kept. Answers nothing when all were taken, else the number of the first that has no room and the milliseconds until it has.
 *
 * What seems to lie in the future was charged by now at the latest: after clocks were set back, a full budget frees itself within one window
 * instead of when they have caught up.
 */
export const chargeScript: string = `
local stamp = ARGV[1]
local now = tonumber(stamp)
local taken = {}
for i, key in ipairs(KEYS) do
  local from, till, window = ARGV[3 * i - 1], ARGV[3 * i], ARGV[3 * i + 1] - ${keptMs}
  local own = taken[key]
  if own then from, till = from + own, till + own end
  local oldest = from == 0 and stamp or redis.call('GETRANGE', key, from, till)
  if #oldest == ${stampLength} and oldest + window > now then
    local stamps = redis.call('GET', key) or ''
    local latest = string.format('%0${stampLength}d', now + ${clockToleranceMs})
    for at = 1, #stamps, ${stampLength} do
      if string.sub(stamps, at, at + ${stampLength - 1}) > latest then
        local healed = string.gsub(stamps, string.rep('%d', ${stampLength}), function(each)
          if each > stamp then return stamp end
        end)
        redis.call('SET', key, healed, 'PX', ARGV[3 * i + 1])
        break
      end
    end
    return { i - 1, math.min(oldest - now + window, window) }
  end
  taken[key] = (own or 0) + ${stampLength}
end
for i, key in ipairs(KEYS) do
  local from = ARGV[3 * i - 1]
  if redis.call('APPEND', key, stamp) + from > ${spared} then
    redis.call('SET', key, redis.call('GETRANGE', key, from, '-1'))
  end
  redis.call('PEXPIRE', key, ARGV[3 * i + 1])
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
