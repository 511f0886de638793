/** Web Locks, as the tabs of a browser have them. */
import type { TabLocks } from './tab-port.ts'

export const browserLocks = (locks: LockManager): TabLocks => ({
  hold: (name, { signal, ifFree = false, steals = false, lost } = {}) =>
    new Promise((resolve, reject) => {
      let isHeld = false
      const held = (lock: Lock | null): Promise<void> => {
        if (lock === null) throw new RangeError(`"${name}" is held`)
        isHeld = true
        return new Promise((release) => resolve(release))
      }
      const options = ifFree || steals || !signal ? { ifAvailable: ifFree, steal: steals } : { signal }
      locks.request(name, options, held).catch((error) => (isHeld ? lost?.() : reject(error)))
    }),
})
