// Runs one target of the gate's fuzzer in a thread of its own, so that a hang can be seen from outside.
import { parentPort, workerData } from 'node:worker_threads'
import { BlockCoverage } from './block-coverage.ts'
import { gateTargets } from './gate-targets.ts'
import { runGuided } from './guided-run.ts'

/** What the thread is started with; of the shared memory the first word is a counter, the second a length. */
export interface GateWork {
  readonly target: string
  readonly seed: number
  readonly msMax: number
  readonly framesMax: number
  readonly shared: SharedArrayBuffer
}

export const HEADER_BYTES = 8

const { target: name, seed, msMax, framesMax, shared } = workerData as GateWork
const counters = new Int32Array(shared, 0, 2)
const place = new Uint8Array(shared, HEADER_BYTES)
const make = gateTargets.get(name)
if (make === undefined) throw new RangeError(`no target ${name}`)
const coverage = new BlockCoverage()
const report = await runGuided(make(), {
  seed,
  msMax,
  framesMax,
  coverage,
  onInput(input) {
    const length = Math.min(input.length, place.length)
    place.set(length === input.length ? input : input.subarray(0, length))
    counters[1] = length
    Atomics.add(counters, 0, 1)
  },
})
parentPort?.postMessage({ ...report, covered: coverage.covered, rssBytes: process.memoryUsage().rss })
