// The loop of the fuzzer: spoils inputs, runs them, and keeps those that reach something new to spoil them further.
import { SeededRandom } from '../support/seeded-random.ts'
import type { BlockCoverage, Spot } from './block-coverage.ts'
import { FreshReader } from './fresh-reader.ts'
import type { GateTarget } from './gate-target.ts'

export interface RunOptions {
  readonly seed: number
  /** Which comes first ends the run. */
  readonly msMax: number
  readonly framesMax: number
  /** Null: outcomes alone guide. */
  readonly coverage: BlockCoverage | null
  /** Is told each input before it runs, so that one that hangs is known. */
  readonly onInput?: (input: Uint8Array) => void
}

export interface RunReport {
  readonly target: string
  readonly frames: number
  readonly accepted: number
  readonly outcomes: number
  readonly corpus: number
  /** Documents that fresh libraries have loaded and compared. */
  readonly reloaded: number
  readonly slowestMs: number
  readonly ms: number
  readonly faults: readonly Fault[]
}

export interface Fault {
  readonly target: string
  readonly problem: string
  /** Base64. */
  readonly input: string
}

/** Of one batch: inputs that reach something new are found by running it again. */
const FRESH_MAX = 6
export const HANG_MS = 1_000
const FAULTS_MAX = 20
const CORPUS_MAX = 4_096
/** One in so many inputs is made of an untouched seed, so that the corpus does not drift away from honesty. */
const SEED_CHANCE = 0.4

export async function runGuided(target: GateTarget, options: RunOptions): Promise<RunReport> {
  const run = new GuidedRun(target, options)
  return run.toTheEnd()
}

const SHARED_KEYS = [Object.prototype, Array.prototype].map(
  (shared) => Object.getOwnPropertyNames(shared).length,
)
const { toString: TO_STRING, hasOwnProperty: HAS_OWN } = Object.prototype

const prototypesAreClean = (): boolean =>
  [Object.prototype, Array.prototype].every(
    (shared, at) => Object.getOwnPropertyNames(shared).length === SHARED_KEYS[at],
  ) &&
  Object.prototype.toString === TO_STRING &&
  Object.prototype.hasOwnProperty === HAS_OWN

class GuidedRun {
  readonly #target: GateTarget
  readonly #options: RunOptions
  readonly #random: SeededRandom
  readonly #corpus: Uint8Array[]
  readonly #outcomes = new Set<string>()
  readonly #faults: Fault[] = []
  readonly #reader = new FreshReader((problem, input) => this.#fault(problem, input))
  #frames = 0
  #accepted = 0
  #slowestMs = 0

  constructor(target: GateTarget, options: RunOptions) {
    this.#target = target
    this.#options = options
    this.#random = new SeededRandom(options.seed)
    this.#corpus = [...target.seeds]
  }

  async toTheEnd(): Promise<RunReport> {
    const { msMax, framesMax, coverage } = this.#options
    const began = performance.now()
    for (const seed of this.#target.seeds) this.#run(seed)
    coverage?.fresh()
    while (this.#frames < framesMax && performance.now() - began < msMax) {
      const batch = this.#runBatch(Math.min(this.#target.batch, framesMax - this.#frames))
      const spots = coverage?.fresh() ?? []
      for (const spot of spots.slice(0, FRESH_MAX)) this.#keep(this.#reaching(spot, batch))
      await this.#reader.settle()
      if (this.#faults.length >= FAULTS_MAX) break
    }
    await this.#reader.settle()
    await this.#reader.close()
    return {
      target: this.#target.name,
      frames: this.#frames,
      accepted: this.#accepted,
      outcomes: this.#outcomes.size,
      corpus: this.#corpus.length,
      reloaded: this.#reader.read,
      slowestMs: this.#slowestMs,
      ms: performance.now() - began,
      faults: this.#faults,
    }
  }

  #runBatch(size: number): readonly Uint8Array[] {
    const random = this.#random
    return Array.from({ length: size }, () => {
      const input = random.pick(random.chance(SEED_CHANCE) ? this.#target.seeds : this.#corpus)
      const mutant = this.#target.mutate(input, random.pick(this.#corpus), random)
      this.#run(mutant)
      return mutant
    })
  }

  #run(input: Uint8Array): void {
    this.#options.onInput?.(input)
    this.#frames += 1
    const began = performance.now()
    try {
      const { outcome, saved } = this.#target.run(input)
      if (!prototypesAreClean()) throw new Error('a prototype that all objects share has been written to')
      if (saved !== undefined) this.#reader.check(saved, input)
      if (outcome.startsWith('accepted')) this.#accepted += 1
      if (!this.#outcomes.has(outcome)) this.#keep(input)
      this.#outcomes.add(outcome)
    } catch (error) {
      this.#fault(error instanceof Error ? (error.stack ?? error.message) : String(error), input)
    }
    const ms = performance.now() - began
    this.#slowestMs = Math.max(this.#slowestMs, ms)
    if (ms > HANG_MS) this.#fault(`it took ${ms.toFixed(0)} ms`, input)
  }

  /** The first input of a batch that reaches a spot, found by halves; null if it takes several. */
  #reaching(spot: Spot, batch: readonly Uint8Array[]): Uint8Array | null {
    const { coverage } = this.#options
    let left = batch
    while (coverage !== null && left.length > 1) {
      const half = left.slice(0, left.length >> 1)
      for (const input of half) this.#again(input)
      const isThere = coverage.ran().get(spot.file)?.[spot.offset] === 1
      left = isThere ? half : left.slice(half.length)
    }
    return left[0] ?? null
  }

  /** Its faults are known from the first time. */
  #again(input: Uint8Array): void {
    this.#options.onInput?.(input)
    try {
      this.#target.run(input)
    } catch {}
  }

  #keep(input: Uint8Array | null): void {
    if (input !== null && this.#corpus.length < CORPUS_MAX) this.#corpus.push(input.slice())
  }

  #fault(problem: string, input: Uint8Array): void {
    if (this.#faults.length < FAULTS_MAX)
      this.#faults.push({
        target: this.#target.name,
        problem,
        input: Buffer.from(input).toString('base64'),
      })
  }
}
