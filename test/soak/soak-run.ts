// Half a load through every door for as long as one likes. Each crew works in shifts of some seconds on records of its
// own, compares what is stored with what was acknowledged, and abandons them: so a server that gives back what nobody
// uses stays as large as it is.
import { setTimeout as delay } from 'node:timers/promises'
import type { LoadDoor } from '../crash/crash-target.ts'
import { AutomergeLoad } from '../crash/doors/automerge-load.ts'
import { InboxLoad } from '../crash/doors/inbox-load.ts'
import { RestLoad } from '../crash/doors/rest-load.ts'
import { UploadLoad } from '../crash/doors/upload-load.ts'
import { YjsLoad } from '../crash/doors/yjs-load.ts'
import type { Ledger } from '../crash/ledger.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import { SdkLoad } from './doors/sdk-load.ts'
import { VisitLoad } from './doors/visit-load.ts'
import { FeedReader } from './feed-reader.ts'
import type { ServerMeasure, SoakServer } from './soak-server.ts'

type SoakDoor = LoadDoor & { readonly figures: Ledger }

const crews: Readonly<Record<string, (server: SoakServer, record: string) => SoakDoor>> = {
  rest: ({ url }, record) => new RestLoad(url, record),
  upload: ({ url }, record) => new UploadLoad(url, record),
  inbox: ({ url }, record) => new InboxLoad(url, record),
  automerge: ({ url, socketUrl }, record) => new AutomergeLoad(url, socketUrl, record),
  yjs: ({ url, socketUrl }, record) => new YjsLoad(url, socketUrl, record),
  sdk: ({ url }, record) => new SdkLoad(url, record),
  visits: ({ url, socketUrl }, record) => new VisitLoad(url, socketUrl, record),
}

/** Its acknowledgements are looked for now and then only. */
const UNTIMED = 'automerge'

export interface SoakOptions {
  readonly seed: number
  readonly durationMs: number
  readonly sampleEveryMs: number
  readonly shiftMsMax: number
  /** See `LoadDoor.load`. */
  readonly slowness: number
  readonly onSample: (sample: Sample) => void
}

export interface Sample extends ServerMeasure {
  /** Since the run began. */
  readonly atMs: number
  readonly writesPerSecond: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  readonly databaseBytes: number
  readonly logBytes: number
}

export interface SoakReport {
  readonly acknowledged: number
  /** Events that the change log has told. */
  readonly told: number
  readonly shifts: number
  /** A sentence each. */
  readonly problems: readonly string[]
}

export class SoakRun {
  readonly #server: SoakServer
  readonly #options: SoakOptions
  readonly #ending = new AbortController()
  readonly #problems: string[] = []
  readonly #doors = new Set<SoakDoor>()
  #waitsMs: number[] = []
  #acknowledged = 0
  #shifts = 0

  constructor(server: SoakServer, options: SoakOptions) {
    this.#server = server
    this.#options = options
  }

  /** Ends before its time. */
  stop(): void {
    this.#ending.abort()
  }

  async run(): Promise<SoakReport> {
    const random = new SeededRandom(this.#options.seed)
    const feed = new FeedReader(this.#server.url)
    const following = this.#guard('change log', () => feed.follow())
    const working = Object.keys(crews).map((name) =>
      this.#guard(name, () => this.#work(name, new SeededRandom(random.int(0, 2 ** 31)))),
    )
    await this.#guard('measuring', () => this.#measure())
    this.#ending.abort()
    await Promise.all(working)
    feed.stop()
    // It is woken by a last write, or by a heartbeat.
    await following
    if (feed.told === 0) this.#problems.push('change log: nothing was told')
    return {
      acknowledged: this.#acknowledged,
      told: feed.told,
      shifts: this.#shifts,
      problems: this.#problems,
    }
  }

  /** One shift after the other. */
  async #work(name: string, random: SeededRandom): Promise<void> {
    for (let shift = 0; !this.#ending.signal.aborted; shift++) {
      const door = crews[name]?.(this.#server, `${name}-${shift}`)
      if (door === undefined) throw new RangeError(`there is no crew ${name}`)
      this.#doors.add(door)
      await door.prepare()
      const shiftMs = random.int(this.#options.shiftMsMax / 2, this.#options.shiftMsMax)
      const over = new AbortController()
      const end = (): void => over.abort()
      // Held here: Node 20 collects the signals that `AbortSignal.any` is made of, and a shift never ends.
      const timer = setTimeout(end, shiftMs)
      this.#ending.signal.addEventListener('abort', end)
      await door.load(over.signal, random, this.#options.slowness)
      clearTimeout(timer)
      this.#ending.signal.removeEventListener('abort', end)
      await door.finish()
      for (const { kind, message } of await door.checkFinished())
        this.#problems.push(`${name}, shift ${shift}: ${kind}: ${message}`)
      if (door.figures.unacknowledged.length > 0)
        this.#problems.push(
          `${name}, shift ${shift}: ${door.figures.unacknowledged.length} writes without an answer`,
        )
      this.#collect(door)
      this.#doors.delete(door)
      this.#acknowledged += door.figures.acknowledged
      this.#shifts += 1
    }
  }

  async #measure(): Promise<void> {
    const { durationMs, sampleEveryMs, onSample } = this.#options
    const began = performance.now()
    let before = { atMs: 0, acknowledged: 0 }
    for (let due = sampleEveryMs; due <= durationMs && !this.#ending.signal.aborted; due += sampleEveryMs) {
      await delay(began + due - performance.now(), undefined, { signal: this.#ending.signal }).catch(() => {})
      const measure = await this.#server.measure()
      const atMs = performance.now() - began
      const acknowledged = this.#acknowledgedSoFar()
      for (const door of this.#doors) this.#collect(door)
      const waits = this.#waitsMs.sort((a, b) => a - b)
      this.#waitsMs = []
      const at = (share: number): number => waits[Math.floor(waits.length * share)] ?? 0
      const { database, log } = this.#server.stored
      onSample({
        ...measure,
        atMs,
        writesPerSecond: ((acknowledged - before.acknowledged) / (atMs - before.atMs)) * 1_000,
        ackP50Ms: at(0.5),
        ackP99Ms: at(0.99),
        databaseBytes: database,
        logBytes: log,
      })
      before = { atMs, acknowledged }
    }
  }

  #acknowledgedSoFar(): number {
    return [...this.#doors].reduce((sum, { figures }) => sum + figures.acknowledged, this.#acknowledged)
  }

  #collect({ name, figures }: SoakDoor): void {
    const waits = figures.takeWaits()
    if (name !== UNTIMED) for (const wait of waits) this.#waitsMs.push(wait)
  }

  /** What fails ends the run, and is told. */
  async #guard(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`)
      this.#ending.abort()
    }
  }
}
