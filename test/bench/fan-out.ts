// One room, ten people who type, and others who read: how much a server delivers when it is kept busy, what it costs, and
// how long a character takes at a moderate rate.
import * as Y from 'yjs'
import { BenchClient } from './bench-client.ts'
import type { RunningTarget, Target } from './target.ts'
import { RunningTarget as Running } from './target.ts'
import { lettersTyped, typedUpdates } from './typed-text.ts'

const WRITERS = 10
const WINDOW = 64
const UPDATES_MAX = 60_000
const ROOM = 'fan-out'

export interface FanOutResult {
  readonly deliveriesPerSecond: number
  readonly cpuPerMillion: number
  /** Share of one core that the load generator has used: near 1, it is what was measured. */
  readonly loadShare: number
}

export interface LatencyResult {
  readonly p50: number
  readonly p99: number
  /** From sending to hearing one's own update; null where that does not mean that it is stored. */
  readonly ackP99: number | null
}

const prepared = new Map<number, readonly Uint8Array[]>()

/** Author ids from 1; the same for every target. */
function updatesOf(author: number): readonly Uint8Array[] {
  const known = prepared.get(author)
  if (known !== undefined) return known
  const made = typedUpdates(author, UPDATES_MAX)
  prepared.set(author, made)
  return made
}

class Crowd {
  readonly running: RunningTarget
  readonly clients: readonly BenchClient[]
  readonly sent = new Array<number>(WRITERS).fill(0)
  deliveries = 0

  private constructor(running: RunningTarget, clients: readonly BenchClient[]) {
    this.running = running
    this.clients = clients
    for (const [index, client] of clients.entries())
      client.onDelivery((author, from, to) => {
        if (author !== index + 1) this.deliveries += to - from
      })
  }

  static async gather(target: Target, size: number): Promise<Crowd> {
    const running = await Running.start(target)
    const clients = Array.from(
      { length: size },
      (_, index) => new BenchClient(running, ROOM, { keeps: index === size - 1 }),
    )
    await Promise.all(clients.map((client) => client.synced()))
    return new Crowd(running, clients)
  }

  type(writer: number): void {
    const count = this.sent[writer] ?? 0
    const update = updatesOf(writer + 1)[count]
    if (update === undefined) throw new RangeError('the prepared updates are used up')
    this.sent[writer] = count + 1
    this.clients[writer]?.type(update)
  }

  /** The one who stands for all in telling how far a writer is heard. */
  observerOf(writer: number): BenchClient {
    const observer = this.clients[(writer + 1) % this.clients.length]
    if (observer === undefined) throw new RangeError('a crowd has two clients at least')
    return observer
  }

  heard(writer: number): number {
    return this.observerOf(writer).seen.get(writer + 1) ?? 0
  }

  /** Waits until everybody has everything, checks it, and ends. @throws Error if somebody lacks something. */
  async disperse(): Promise<void> {
    const isComplete = (): boolean =>
      this.clients.every((client, index) =>
        this.sent.every((count, writer) => writer === index || (client.seen.get(writer + 1) ?? 0) === count),
      )
    const { name } = this.running.target
    for (let waited = 0; !isComplete(); waited += 20) {
      if (waited > 30_000) throw new Error(`${name} has not delivered everything`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    if (this.clients.some(({ gaps }) => gaps > 0)) throw new Error(`${name} has delivered with gaps`)
    this.#checkContent()
    for (const client of this.clients) client.close()
    await this.running.stop()
  }

  #checkContent(): void {
    const reader = this.clients.at(-1)
    if (reader?.kept == null || this.clients.length <= WRITERS) return
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.mergeUpdates(reader.kept))
    const text = doc.getText('body').toString()
    const expected = this.sent.map(lettersTyped)
    const lengths = expected.reduce((sum, one) => sum + one.length, 0)
    const isRight =
      text.length === lengths && [...text].sort().join() === [...expected.join('')].sort().join()
    if (!isRight) throw new Error(`${this.running.target.name} has delivered another text`)
  }
}

export async function saturate(target: Target, size: number, seconds: number): Promise<FanOutResult> {
  const crowd = await Crowd.gather(target, size)
  let isOver = false
  const fill = (writer: number): void => {
    if (isOver) return
    const limit = Math.min(crowd.heard(writer) + WINDOW, UPDATES_MAX)
    while ((crowd.sent[writer] ?? 0) < limit) crowd.type(writer)
  }
  const writers = Array.from({ length: WRITERS }, (_, writer) => writer)
  const pump = setInterval(() => {
    for (const writer of writers) fill(writer)
  }, 1)
  for (const writer of writers) fill(writer)
  await pause(1_000)
  const before = { usage: crowd.running.usage(), deliveries: crowd.deliveries, at: performance.now() }
  const own = process.cpuUsage()
  await pause(seconds * 1_000)
  const elapsed = (performance.now() - before.at) / 1_000
  const spent = process.cpuUsage(own)
  const delivered = crowd.deliveries - before.deliveries
  const cpu = crowd.running.usage().cpuSeconds - before.usage.cpuSeconds
  isOver = true
  clearInterval(pump)
  await crowd.disperse()
  return {
    deliveriesPerSecond: delivered / elapsed,
    cpuPerMillion: (cpu / delivered) * 1_000_000,
    loadShare: (spent.user + spent.system) / 1_000_000 / elapsed,
  }
}

/** @param rate characters per second of all writers together. */
export async function measureLatency(
  target: Target,
  size: number,
  rate: number,
  seconds: number,
): Promise<LatencyResult> {
  const crowd = await Crowd.gather(target, size)
  const sentAt = Array.from({ length: WRITERS }, () => new Float64Array(UPDATES_MAX))
  const delays: number[] = []
  const acks: number[] = []
  for (const [index, client] of crowd.clients.entries())
    client.onDelivery((author, from, to) => {
      const now = performance.now()
      for (let at = from; at < to; at++) {
        const delay = now - (sentAt[author - 1]?.[at] ?? now)
        if (author === index + 1) acks.push(delay)
        else delays.push(delay)
      }
    })
  const start = performance.now()
  for (let typed = 0; performance.now() - start < seconds * 1_000; ) {
    const due = Math.min(((performance.now() - start) / 1_000) * rate, UPDATES_MAX * WRITERS)
    for (; typed < due; typed++) {
      const writer = typed % WRITERS
      const times = sentAt[writer]
      if (times !== undefined) times[crowd.sent[writer] ?? 0] = performance.now()
      crowd.type(writer)
    }
    await pause(1)
  }
  await crowd.disperse()
  const ackP99 = target.confirms ? quantile(acks, 0.99) : null
  return { p50: quantile(delays, 0.5), p99: quantile(delays, 0.99), ackP99 }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
