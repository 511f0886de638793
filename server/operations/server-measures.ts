/** Takes what the server's parts tell of their work: as metrics for Prometheus, and as the last minutes for people. */
import { Counter, Histogram, Registry } from 'prom-client'
import type { ErrorCode } from '../../shared/errors/error-table.ts'
import type { DoorName } from '../../shared/record/origin.ts'
import type { MeasuredLane, Measures } from '../measures.ts'
import { RollingWindow } from './rolling-window.ts'

/** Seconds. */
const DURATIONS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
const SLOT_MS = 5_000
const SLOTS = 60

/** What has been measured since the start. */
export interface Totals {
  readonly commits: number
  readonly commands: number
  readonly refused: number
}

export class ServerMeasures implements Measures {
  readonly clock: () => number
  readonly registry = new Registry()
  readonly window: RollingWindow
  #totals: Totals = { commits: 0, commands: 0, refused: 0 }
  readonly #commits: Histogram<'lane'>
  readonly #batches: Histogram<'lane'>
  readonly #acknowledgements: Histogram<'lane'>
  readonly #refusals: Counter<'lane' | 'code'>
  readonly #trials: Histogram<'kind' | 'result'>
  readonly #ended: Counter<'door' | 'code'>

  /** @param clock milliseconds that only go forward. */
  constructor(clock: () => number) {
    this.clock = clock
    this.window = new RollingWindow({ slotMs: SLOT_MS, slots: SLOTS, clock })
    const registers = [this.registry]
    this.#commits = new Histogram({
      name: 'sluice_commit_duration_seconds',
      help: 'From when a plan was handed to the store until it was durable.',
      labelNames: ['lane'],
      buckets: DURATIONS,
      registers,
    })
    this.#batches = new Histogram({
      name: 'sluice_commit_commands',
      help: 'Commands that shared a commit.',
      labelNames: ['lane'],
      buckets: BATCH_SIZES,
      registers,
    })
    this.#acknowledgements = new Histogram({
      name: 'sluice_acknowledgement_duration_seconds',
      help: 'From when a room had taken a command until it was answered.',
      labelNames: ['lane'],
      buckets: DURATIONS,
      registers,
    })
    this.#refusals = new Counter({
      name: 'sluice_refusals_total',
      help: 'Commands and changes that were not taken, by code of the error table.',
      labelNames: ['lane', 'code'],
      registers,
    })
    this.#trials = new Histogram({
      name: 'sluice_trial_duration_seconds',
      help: 'Changes that were tried in a thread, with the time that they waited for it.',
      labelNames: ['kind', 'result'],
      buckets: DURATIONS,
      registers,
    })
    this.#ended = new Counter({
      name: 'sluice_sessions_ended_total',
      help: 'Sessions that the server has ended, by code of the error table.',
      labelNames: ['door', 'code'],
      registers,
    })
  }

  get totals(): Totals {
    return this.#totals
  }

  committed(lane: MeasuredLane, commands: number, ms: number): void {
    this.#commits.observe({ lane }, ms / 1000)
    this.#batches.observe({ lane }, commands)
    this.window.committed(commands)
    const { commits, commands: before } = this.#totals
    this.#totals = { ...this.#totals, commits: commits + 1, commands: before + commands }
  }

  acknowledged(lane: MeasuredLane, ms: number): void {
    this.#acknowledgements.observe({ lane }, ms / 1000)
    this.window.acknowledged(ms)
  }

  refused(lane: MeasuredLane, code: ErrorCode): void {
    this.#refusals.inc({ lane, code })
    this.window.refused()
    this.#totals = { ...this.#totals, refused: this.#totals.refused + 1 }
  }

  tried(kind: 'text' | 'changes', result: ErrorCode | 'passed', ms: number): void {
    this.#trials.observe({ kind, result }, ms / 1000)
  }

  ended(door: DoorName, code: ErrorCode): void {
    this.#ended.inc({ door, code })
  }
}
