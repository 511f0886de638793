/** A clock that stands still until a test moves it. */
import type { Timers } from '../../../server/projection/timers.ts'

export interface ManualTimers extends Timers {
  /** Moves the clock, ringing the alarms on the way, and lets what they started go on. */
  advance(ms: number): Promise<void>
}

export function manualTimers(): ManualTimers {
  let now = 0
  const alarms = new Set<{ readonly at: number; readonly run: () => void }>()
  return {
    now: () => now,
    after(ms, run) {
      const alarm = { at: now + ms, run }
      alarms.add(alarm)
      return () => alarms.delete(alarm)
    },
    async advance(ms) {
      const end = now + ms
      for (;;) {
        const next = [...alarms].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        if (next === undefined) break
        alarms.delete(next)
        now = next.at
        next.run()
        await settle()
      }
      now = end
      await settle()
    },
  }
}

/** Lets promises that need nothing from outside run to their end. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
