// The cycle: load through every door, a crash at a random moment, a restart on the same data, and the clients' ledgers
// held against what the server shows. First to readers who bring nothing, then after the clients have come back.
import { setTimeout as delay } from 'node:timers/promises'
import { SeededRandom } from '../support/seeded-random.ts'
import type { CrashTarget, LoadDoor } from './crash-target.ts'
import type { Finding, FindingKind } from './ledger.ts'

export interface CrashRunOptions {
  readonly seed: number
  readonly cycles: number
  /** Crashes that one data folder lives through. Then another begins, so that reading it all stays quick. */
  readonly cyclesPerLife?: number
  readonly loadMsMax?: number
  /** Ends at the first cycle that finds something: for a target that is meant to lose. */
  readonly untilFirstProblem?: boolean
  readonly onCycle?: (line: string) => void
}

export interface CrashReport {
  readonly cycles: number
  readonly crashesAtStart: number
  readonly sent: number
  readonly acknowledged: number
  /** Writes, or messages for kinds that name none. */
  readonly counts: Readonly<Record<FindingKind, number>>
  /** A sentence for each finding, and for each that the target's own audit had. */
  readonly problems: readonly string[]
  /** Acknowledged by the end, by door. */
  readonly byDoor: ReadonlyMap<string, number>
}

const LIFE_CYCLES = 10
const LOAD_MS_MAX = 1_500
const CRASH_AT_START = 0.15
const START_MS_MAX = 500

/** @param open gives a target on an empty data folder, running. */
export async function runCrashes(
  open: () => Promise<CrashTarget>,
  options: CrashRunOptions,
): Promise<CrashReport> {
  const run = new CrashRun(options)
  const lifeCycles = options.cyclesPerLife ?? LIFE_CYCLES
  for (let done = 0; done < options.cycles && !run.isOver; done += lifeCycles)
    await run.live(await open(), Math.min(lifeCycles, options.cycles - done))
  return run.report()
}

class CrashRun {
  readonly #random: SeededRandom
  readonly #loadMsMax: number
  readonly #untilFirstProblem: boolean
  readonly #onCycle: (line: string) => void
  readonly #problems: string[] = []
  readonly #counts = { lost: 0, duplicated: 0, invented: 0, miscounted: 0 }
  readonly #byDoor = new Map<string, number>()
  #cycles = 0
  #crashesAtStart = 0
  #sent = 0
  #acknowledged = 0

  constructor({ seed, loadMsMax, untilFirstProblem, onCycle }: CrashRunOptions) {
    this.#untilFirstProblem = untilFirstProblem ?? false
    this.#random = new SeededRandom(seed)
    this.#loadMsMax = loadMsMax ?? LOAD_MS_MAX
    this.#onCycle = onCycle ?? (() => {})
  }

  get isOver(): boolean {
    return this.#untilFirstProblem && this.#problems.length > 0
  }

  /** All cycles on one data folder. */
  async live(opened: CrashTarget, cycles: number): Promise<void> {
    await using target = opened
    for (const door of target.doors) await door.prepare()
    let audit: Promise<readonly string[]> = Promise.resolve([])
    for (let cycle = 0; cycle < cycles && !this.isOver; cycle++) {
      if (cycle > 0) await this.#startRoughly(target)
      await this.#cycle(target)
      this.#note(await audit)
      // The clients are gone and nothing is under way: what is on disk now is to be consistent.
      await target.crash()
      audit = target.audit(cycle === cycles - 1)
    }
    this.#note(await audit)
    for (const { name, figures } of target.doors) {
      this.#sent += figures.sent
      this.#acknowledged += figures.acknowledged
      this.#byDoor.set(name, (this.#byDoor.get(name) ?? 0) + figures.acknowledged)
    }
  }

  report(): CrashReport {
    return {
      cycles: this.#cycles,
      crashesAtStart: this.#crashesAtStart,
      sent: this.#sent,
      acknowledged: this.#acknowledged,
      counts: this.#counts,
      problems: this.#problems,
      byDoor: this.#byDoor,
    }
  }

  async #cycle(target: CrashTarget): Promise<void> {
    const loadMs = this.#random.int(20, this.#loadMsMax)
    await this.#loadAndCrash(target, loadMs)
    const before = this.#problems.length
    await this.#startRoughly(target)
    this.#cycles += 1
    for (const door of target.doors) this.#judge(door, await door.check())
    if (this.isOver) return
    for (const door of target.doors) await door.finish()
    for (const door of target.doors) this.#judge(door, await door.checkFinished())
    const doors = target.doors.map(({ name, figures }) => `${name} ${figures.acknowledged}`).join(', ')
    const found = this.#problems.length - before
    this.#onCycle(`cycle ${this.#cycles}: crash after ${loadMs} ms; acknowledged ${doors}; ${found} problems`)
  }

  async #loadAndCrash(target: CrashTarget, loadMs: number): Promise<void> {
    const ending = new AbortController()
    const loads = target.doors.map((door) =>
      door.load(ending.signal, new SeededRandom(this.#random.int(0, 2 ** 31))),
    )
    await delay(loadMs)
    await target.crash()
    ending.abort()
    await Promise.all(loads)
  }

  /** Now and then the server dies again while it starts. */
  async #startRoughly(target: CrashTarget): Promise<void> {
    while (this.#random.chance(CRASH_AT_START)) {
      const starting = target.start().catch(() => {})
      await delay(this.#random.int(0, START_MS_MAX))
      await target.crash()
      await starting
      this.#crashesAtStart += 1
    }
    await target.start()
  }

  #judge(door: LoadDoor, findings: readonly Finding[]): void {
    for (const { kind, tokens, message } of findings) {
      this.#counts[kind] += Math.max(1, tokens.length)
      this.#problems.push(`cycle ${this.#cycles}, ${door.name}: ${kind}: ${message}`)
    }
  }

  #note(problems: readonly string[]): void {
    for (const problem of problems) this.#problems.push(`cycle ${this.#cycles}, ${problem}`)
  }
}
