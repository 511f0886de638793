/**
 * The time that a thread has had on a processor. A deadline by the clock would refuse honest work whenever the machine
 * is busy with something else. Linux tells it; elsewhere the clock has to do.
 */
import { readFileSync, readlinkSync } from 'node:fs'

/** Where the time of the calling thread can be read, also by other threads; null if nowhere. */
export function ownTimeFile(): string | null {
  try {
    const file = `/proc/${readlinkSync('/proc/thread-self')}/schedstat`
    return threadMs(file) === null ? null : file
  } catch {
    return null
  }
}

/** @returns milliseconds on a processor; null if that cannot be told, or no longer. */
export function threadMs(file: string): number | null {
  try {
    const [nanoseconds = ''] = readFileSync(file, 'utf8').split(' ')
    return nanoseconds === '' ? null : Number(nanoseconds) / 1e6
  } catch {
    return null
  }
}
