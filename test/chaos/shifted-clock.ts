/**
 * Loaded into a service process before its own code (--import): shifts its wall clock by what a
 * file says, which may change at any time, and runs its monotonic clock a little fast or slow.
 */
import { readFileSync } from 'node:fs'

const { CHAOS_CLOCK_FILE, CHAOS_CLOCK_RATE } = process.env
const lookEveryMs = 50

let offsetMs = 0
const realNow = Date.now
const now = () => realNow() + offsetMs

globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
})

const rate = Number(CHAOS_CLOCK_RATE ?? 1)
const realMonotonic = performance.now.bind(performance)
performance.now = () => realMonotonic() * rate

if (CHAOS_CLOCK_FILE !== undefined) {
  const look = () => {
    const offset = Number(readFileSync(CHAOS_CLOCK_FILE, 'utf8'))
    // A file that is being written may be empty for a moment.
    if (Number.isFinite(offset)) offsetMs = offset
  }
  look()
  setInterval(look, lookEveryMs).unref()
}
