// Runs the targets of the gate one after the other, watches for hangs, and prints what was found.
import { once } from 'node:events'
import { startThread } from '../../server/threads/start-thread.ts'
import { gateTargets } from './gate-targets.ts'
import type { GateWork } from './gate-worker.ts'
import type { Fault, RunReport } from './guided-run.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly seconds: number
  /** Of the gate: run this target only. */
  readonly only: string | null
}

type GateReport = RunReport & { readonly covered: number; readonly rssBytes: number }

const SHARED_BYTES = 128 * 1024
const WATCH_MS = 1_000
/** A thread that makes no step for so many looks hangs. */
const LOOKS_MAX = 15
const MIB = 1024 * 1024

/** @returns what no input may bring about and did. */
export async function fuzzGate({ seed, seconds, only }: FuzzOptions): Promise<readonly Fault[]> {
  const names = [...gateTargets.keys()].filter((name) => only === null || name === only)
  if (names.length === 0)
    throw new Error(`no target ${only}: there are ${[...gateTargets.keys()].join(', ')}`)
  const faults: Fault[] = []
  let frames = 0
  for (const target of names) {
    const msMax = (seconds * 1_000) / names.length
    const shared = new SharedArrayBuffer(SHARED_BYTES)
    const report = await runTarget({ target, seed, msMax, framesMax: Number.POSITIVE_INFINITY, shared })
    if ('problem' in report) {
      faults.push(report)
      continue
    }
    faults.push(...report.faults)
    frames += report.frames
    console.log(lineOf(report))
  }
  console.log(`gate: ${frames} frames with seed ${seed}, ${faults.length} faults`)
  return faults
}

const lineOf = (report: GateReport): string =>
  [
    report.target.padEnd(16),
    `${report.frames} frames in ${(report.ms / 1_000).toFixed(0)} s`,
    `${report.accepted} accepted`,
    `${report.reloaded} reloaded`,
    `${report.outcomes} outcomes`,
    `corpus ${report.corpus}`,
    `slowest ${report.slowestMs.toFixed(0)} ms`,
    `rss ${(report.rssBytes / MIB).toFixed(0)} MiB`,
    `${report.faults.length} faults`,
  ].join(' · ')

async function runTarget(work: GateWork): Promise<GateReport | Fault> {
  const worker = startThread(new URL('./gate-worker.ts', import.meta.url), { workerData: work })
  const counters = new Int32Array(work.shared, 0, 2)
  let [steps, looks] = [0, 0]
  const hung = new Promise<Fault>((resolve) => {
    const watch = setInterval(() => {
      // Until the first step it only starts.
      looks = steps > 0 && counters[0] === steps ? looks + 1 : 0
      steps = counters[0] ?? 0
      if (looks > LOOKS_MAX) resolve(faultOf(work, `no step for ${LOOKS_MAX} s`))
    }, WATCH_MS)
    worker.once('exit', () => clearInterval(watch))
  })
  const died = once(worker, 'error').then(([error]) => faultOf(work, `the thread died: ${String(error)}`))
  const done = once(worker, 'message').then(([report]) => report as GateReport)
  done.catch(() => {})
  died.catch(() => {})
  const result = await Promise.race([hung, died, done])
  await worker.terminate()
  return result
}

function faultOf({ target, shared }: GateWork, problem: string): Fault {
  const length = new Int32Array(shared, 0, 2)[1] ?? 0
  const input = Buffer.from(new Uint8Array(shared, 8, length)).toString('base64')
  return { target, problem, input }
}
