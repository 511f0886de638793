/**
 * Where what may hold a thread is tried (W6): the port, and the two ways to have it. The program has threads that are
 * killed at a deadline. Simulations, in which time does not pass, try at once and in place.
 */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { TextTrial, TriedText } from '../gate/text-trial.ts'
import { tryText } from '../gate/text-trial.ts'
import type { Log } from '../log.ts'
import type { ChangeTrial, TriedChanges } from '../plan/change-trial.ts'
import { tryChanges } from '../plan/change-trial.ts'
import { createJobPool } from '../threads/job-pool.ts'
import { JobError } from '../threads/job-worker.ts'
import { threadModule } from '../threads/start-thread.ts'
import type { PackedTrial, PackedTried, Trial, Tried } from './packed-trial.ts'
import { buffersOf, packTrial, unpackTried } from './packed-trial.ts'

export interface Trials {
  /** Rejects with a SluiceError: `too_costly`, `too_many` or `shutting_down`. */
  text(trial: TextTrial): Promise<TriedText>
  /** Likewise. */
  changes(trial: ChangeTrial): Promise<TriedChanges>
  close(): Promise<void>
}

export interface TrialsOptions {
  /** What trying 64 KiB that a client has sent may take, and any number of bytes below it. Milliseconds. */
  readonly deadlineMs: number
  readonly threads: number
  /** Trials that may wait for a thread. */
  readonly queueMax: number
  readonly log: Pick<Log, 'warn'>
  /** Milliseconds that only go forward. */
  readonly clock: () => number
  /** Of the threads; that of this folder unless given. */
  readonly entry?: URL
}

const HEAP_MB_MAX = 1_024
/** Honest work takes time in proportion to its bytes; a document to try it on, that was vetted, takes its own. */
const BYTES_PER_DEADLINE = 64 * 1024
const DEADLINES_MAX = 20
const LOAD_MS_PER_MIB = 2_000

export function createThreadTrials(options: TrialsOptions): Trials {
  const pool = createJobPool<PackedTrial, PackedTried>({
    entry: options.entry ?? threadModule(import.meta.url, 'trial-thread'),
    deadlineMs: options.deadlineMs,
    heapMbMax: HEAP_MB_MAX,
    workers: options.threads,
    queueMax: options.queueMax,
    clock: options.clock,
    onReplaced: (ms) => options.log.warn({ ms: Math.round(ms) }, 'a thread of the gate was replaced'),
  })

  async function attempt(trial: Trial): Promise<Tried> {
    const job = packTrial(trial)
    const deadlineMs = deadlineOf(trial, options.deadlineMs)
    try {
      return unpackTried(await pool.run({ job, transfer: buffersOf(job), deadlineMs }))
    } catch (error) {
      throw toRefusal(error)
    }
  }

  return {
    text: (trial) => attempt(trial) as Promise<TriedText>,
    changes: (trial) => attempt(trial) as Promise<TriedChanges>,
    close: () => pool.close(),
  }
}

export const directTrials: Trials = {
  text: async (trial) => tryText(trial),
  changes: async (trial) => tryChanges(trial),
  close: async () => undefined,
}

function deadlineOf(trial: Trial, deadlineMs: number): number {
  const sent = trial.kind === 'text' ? [trial.update ?? new Uint8Array()] : trial.changes
  const held =
    trial.kind === 'text' || trial.snapshot === null ? trial.stored : [trial.snapshot, ...trial.stored]
  const deadlines = Math.min(DEADLINES_MAX, 1 + Math.floor(bytesOf(sent) / BYTES_PER_DEADLINE))
  return deadlineMs * deadlines + (LOAD_MS_PER_MIB * bytesOf(held)) / 2 ** 20
}

const bytesOf = (parts: readonly Uint8Array[]): number =>
  parts.reduce((sum, { byteLength }) => sum + byteLength, 0)

function toRefusal(error: unknown): unknown {
  if (!(error instanceof JobError)) return error
  switch (error.failure) {
    case 'deadline':
      return new SluiceError('too_costly', 'checking this change took too long')
    case 'crashed':
      return new SluiceError('too_costly', 'checking this change took too much memory')
    case 'refused':
      return new SluiceError('refused_change', 'the library cannot take this change')
    case 'full':
      return new SluiceError('too_many', 'too many large changes wait to be checked')
    case 'closed':
      return new SluiceError('shutting_down', 'the server is stopping')
  }
}
