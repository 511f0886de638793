// Writers that each write again when their last write is answered, for a while: what they wrote, and how long each write took.
import { pause } from './measures.ts'

export interface Written {
  /** Until the last of them was answered, or nobody waited any longer. */
  readonly elapsedSeconds: number
  /** Of those that were answered. */
  readonly waitsMs: readonly number[]
  /** How long those have waited that were not answered before nobody waited any longer. */
  readonly unansweredMs: readonly number[]
}

/** How long the last writes are waited for, once no more are made: a server that is far behind is not waited for. */
const LAST_ANSWERS_MS = 20_000
const LOOK_MS = 50

/**
 * @param writers each makes one write, and resolves when it is answered.
 * @param fault why nothing more can be answered, or null.
 * @throws Error that is the fault.
 */
export async function timedWrites(
  seconds: number,
  writers: readonly (() => Promise<unknown>)[],
  fault: () => Error | null = () => null,
): Promise<Written> {
  const waitsMs: number[] = []
  /** When each write began that has no answer. */
  const open = new Map<() => Promise<unknown>, number>()
  const start = performance.now()
  const until = start + seconds * 1_000
  const work = async (write: () => Promise<unknown>): Promise<void> => {
    while (performance.now() < until) {
      const began = performance.now()
      open.set(write, began)
      await write()
      open.delete(write)
      waitsMs.push(performance.now() - began)
    }
  }
  const all = Promise.all(writers.map(work))
  const late = giveUp(until + LAST_ANSWERS_MS, fault, () => open.size === 0 && performance.now() >= until)
  await Promise.race([all, late])
  const end = performance.now()
  return {
    elapsedSeconds: (end - start) / 1_000,
    waitsMs: [...waitsMs],
    unansweredMs: [...open.values()].map((began) => end - began),
  }
}

/** Resolves at that time, or once it is done. @throws Error that is the fault. */
async function giveUp(at: number, fault: () => Error | null, isDone: () => boolean): Promise<void> {
  while (performance.now() < at && !isDone()) {
    const error = fault()
    if (error !== null) throw error
    await pause(LOOK_MS)
  }
}
