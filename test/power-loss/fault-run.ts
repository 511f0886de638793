// Faults of the disk under load (W5): an fsync that fails, and a disk that is full. After the fault nothing is
// acknowledged; the process ends, or serves reads and refuses writes; and it recovers with all that was acknowledged.
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '../crash/eventually.ts'
import type { Finding } from '../crash/ledger.ts'
import { rest } from '../support/rest-client.ts'
import { SeededRandom } from '../support/seeded-random.ts'

import type { DiskFault } from './disk-shim.ts'
import { PowerLossTarget } from './power-loss-target.ts'

export interface FaultReport {
  readonly faults: number
  readonly acknowledged: number
  /** Times that the process ended, that it went on once there was room again, and that the power failed meanwhile. */
  readonly outcomes: Readonly<Record<FaultOutcome, number>>
  readonly problems: readonly string[]
}

type FaultOutcome = 'ended' | 'recovered' | 'power failed'
type Kind = Exclude<DiskFault, 'none'>

export interface FaultRunOptions {
  readonly kind: Kind
  readonly seed: number
  readonly faults: number
  readonly onFault?: (line: string) => void
}

/** Faults that one data folder lives through. */
const LIFE_FAULTS = 10
const LOAD_MS_MAX = 600
/** Clients whose writes are taken hear of them several times within so long. */
const ACKNOWLEDGED_WITHIN_MS = 300
const RECORD = '/v1/records/ledgers/rest'

export async function runFaults({ kind, seed, faults, onFault }: FaultRunOptions): Promise<FaultReport> {
  const random = new SeededRandom(seed)
  const outcomes = { ended: 0, recovered: 0, 'power failed': 0 }
  const problems: string[] = []
  let acknowledged = 0
  for (let done = 0; done < faults; ) {
    await using target = await PowerLossTarget.power({ random })
    for (const door of target.doors) await door.prepare()
    for (const end = Math.min(done + LIFE_FAULTS, faults); done < end; done++) {
      const before = acknowledgedBy(target)
      const found = new FaultCycle(target, random)
      const outcome = kind === 'sync-fails' ? await found.failedSync() : await found.fullDisk()
      outcomes[outcome] += 1
      problems.push(...found.problems.map((problem) => `fault ${done + 1}: ${problem}`))
      const stored = acknowledgedBy(target) - before
      onFault?.(`fault ${done + 1}: ${outcome}; ${stored} acknowledged, ${found.problems.length} problems`)
    }
    acknowledged += acknowledgedBy(target)
    await target.crash()
    problems.push(...(await target.audit(false)))
  }
  return { faults, acknowledged, outcomes, problems }
}

const acknowledgedBy = (target: PowerLossTarget): number =>
  target.doors.reduce((sum, { figures }) => sum + figures.acknowledged, 0)

class FaultCycle {
  readonly problems: string[] = []
  readonly #target: PowerLossTarget
  readonly #random: SeededRandom
  readonly #ending = new AbortController()

  constructor(target: PowerLossTarget, random: SeededRandom) {
    this.#target = target
    this.#random = random
  }

  /** What fsync was to write may be gone, and the next one would not say so: the process must end. */
  async failedSync(): Promise<FaultOutcome> {
    const { server } = this.#target
    const load = this.#load()
    await this.#fault('sync-fails')
    const code = await eventually(
      () => (server.hasEnded ? { code: server.exitCode } : null),
      'the end of the process',
    )
    if (code.code === 0) this.problems.push('the process ended as if all were well')
    this.#ending.abort()
    await this.#powerFails(load)
    return 'ended'
  }

  /** The store stays as it is: reads go on, writes are refused until there is room. */
  async fullDisk(): Promise<FaultOutcome> {
    const load = this.#load()
    await this.#fault('disk-full')
    const { url } = this.#target.server
    await eventually(
      async () => (await rest(url, 'GET', '/readyz')).status === 503,
      'the server to say that it fails',
    )
    await this.#expectReadOnly()
    this.#ending.abort()
    if (this.#random.chance(0.5)) {
      await this.#powerFails(load)
      return 'power failed'
    }
    // What was accepted before the disk was full is written now, and answered.
    this.#target.shim.set('none')
    await load
    await eventually(
      async () => (await rest(url, 'GET', '/readyz')).status === 200,
      'the server to be ready again',
    )
    await this.#judge()
    return 'recovered'
  }

  #load(): Promise<unknown> {
    const { doors } = this.#target
    return Promise.all(
      doors.map((door) => door.load(this.#ending.signal, new SeededRandom(this.#random.int(0, 2 ** 31)))),
    )
  }

  async #fault(kind: Kind): Promise<void> {
    await delay(this.#random.int(20, LOAD_MS_MAX))
    this.#target.shim.set(kind)
  }

  async #expectReadOnly(): Promise<void> {
    const { server } = this.#target
    const expect = (what: string, isSo: boolean): void => {
      if (!isSo) this.problems.push(`on a full disk ${what}`)
    }
    const before = await this.#settledAcknowledgements()
    const read = await rest(server.url, 'GET', RECORD)
    expect(`a read answers ${read.status}`, read.status === 200)
    const write = await rest(server.url, 'PATCH', RECORD, { total: { $increment: 0 } })
    const isRefused = write.status === 503 && write.body.code === 'store_unavailable'
    expect(`a write answers ${write.status} ${write.body?.code}`, isRefused)
    await delay(100)
    const late = acknowledgedBy(this.#target) - before
    expect(`${late} writes were acknowledged`, late === 0)
    expect('the process ended', !server.hasEnded)
  }

  /** What was committed before the fault may still be on its way to the clients; a server that goes on would never rest. */
  async #settledAcknowledgements(): Promise<number> {
    let last = acknowledgedBy(this.#target)
    await eventually(async () => {
      await delay(ACKNOWLEDGED_WITHIN_MS)
      const before = last
      last = acknowledgedBy(this.#target)
      return last === before
    }, 'the last acknowledgements to arrive')
    return last
  }

  async #powerFails(load: Promise<unknown>): Promise<void> {
    await this.#target.crash()
    await load
    await this.#target.start()
    await this.#judge()
  }

  async #judge(): Promise<void> {
    const { doors } = this.#target
    const judge = (name: string, findings: readonly Finding[]): void => {
      for (const { kind, message } of findings) this.problems.push(`${name}: ${kind}: ${message}`)
    }
    for (const door of doors) judge(door.name, await door.check())
    for (const door of doors) await door.finish()
    for (const door of doors) judge(door.name, await door.checkFinished())
  }
}
