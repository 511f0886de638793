// One room, some people who type, and others who read: the part of them that lives in one process of the generator.
import type { Address } from '../targets.ts'
import { pause } from './measures.ts'
import { ReceivedUpdates } from './received-updates.ts'
import { everybodyHas, TextClient } from './text-client.ts'
import { typedUpdates } from './typed-text.ts'

const WINDOW = 64
const ROOM = 'fan-out'
const COMPLETE_MS = 60_000

export interface TypistsInput {
  readonly address: Address
  /** Of the clients of all processes, those of this one, from 0. Client n is author n + 1. */
  readonly clients: readonly number[]
  /** The first so many of all clients type. */
  readonly writers: number
  /** Characters that each may type. */
  readonly charactersMax: number
}

export interface Latencies {
  readonly delays: readonly number[]
  /** From sending to hearing one's own update. */
  readonly acks: readonly number[]
}

const prepared = new Map<number, readonly Uint8Array[]>()

/** The same for every target. */
function updatesOf(author: number, count: number): readonly Uint8Array[] {
  const known = prepared.get(author)
  if (known !== undefined && known.length >= count) return known
  const made = typedUpdates(author, count)
  prepared.set(author, made)
  return made
}

interface Writer {
  readonly author: number
  readonly client: TextClient
  /** The one who stands for all in telling how far the writer is heard. */
  readonly observer: TextClient
  readonly updates: readonly Uint8Array[]
  readonly sentAt: Float64Array
  sent: number
}

export class Typists {
  readonly #input: TypistsInput
  readonly #received = new ReceivedUpdates(true)
  #clients: readonly TextClient[] = []
  #writers: readonly Writer[] = []
  #pump: NodeJS.Timeout | null = null
  #deliveries = 0
  readonly #delays: number[] = []
  readonly #acks: number[] = []

  constructor(input: TypistsInput) {
    this.#input = input
  }

  async gather(): Promise<void> {
    const { address, clients, writers, charactersMax } = this.#input
    this.#clients = clients.map(() => new TextClient(address, ROOM, this.#received))
    for (const [place, client] of this.#clients.entries())
      client.onDelivery((author, from, to) => this.#note((clients[place] ?? 0) + 1, author, from, to))
    this.#writers = this.#clients.flatMap((client, place): readonly Writer[] => {
      const author = (clients[place] ?? 0) + 1
      const observer = this.#clients[(place + 1) % this.#clients.length]
      if (author > writers || observer === undefined) return []
      const updates = updatesOf(author, charactersMax)
      return [{ author, client, observer, updates, sentAt: new Float64Array(charactersMax), sent: 0 }]
    })
    await Promise.all(this.#clients.map((client) => client.synced()))
  }

  /** Types as fast as it is delivered, until `rest`. */
  saturate(): void {
    const fill = (): void => {
      for (const writer of this.#writers) {
        const heard = writer.observer.seen.get(writer.author) ?? 0
        const limit = Math.min(heard + WINDOW, this.#input.charactersMax)
        while (writer.sent < limit) this.#type(writer)
      }
    }
    this.#pump = setInterval(fill, 1)
    fill()
  }

  /** @param load.rate characters per second of one writer. */
  async type({ rate, seconds }: { readonly rate: number; readonly seconds: number }): Promise<void> {
    const start = performance.now()
    for (let typed = 0; performance.now() - start < seconds * 1_000; ) {
      const each = Math.min(((performance.now() - start) / 1_000) * rate, this.#input.charactersMax)
      const due = Math.floor(each) * this.#writers.length
      for (; typed < due; typed++) {
        const writer = this.#writers[typed % this.#writers.length]
        if (writer !== undefined) this.#type(writer)
      }
      await pause(1)
    }
  }

  /** Characters of others that have arrived at somebody. */
  deliveries(): number {
    return this.#deliveries
  }

  /** @returns what each author of this process has typed. */
  rest(): readonly (readonly [author: number, count: number])[] {
    if (this.#pump !== null) clearInterval(this.#pump)
    return this.#writers.map(({ author, sent }) => [author, sent])
  }

  /** Waits until everybody has everything, and looks at what it is. @throws Error if it is not all that was typed. */
  async check(sent: readonly (readonly [author: number, count: number])[]): Promise<void> {
    const { clients } = this.#input
    // A relay does not send to an author what is his own.
    const ofOthers = sent.map(([author]) => sent.filter(([other]) => other !== author))
    const places = new Map(sent.map(([author], place) => [author, ofOthers[place] ?? []]))
    const expected = (_client: TextClient, index: number) => places.get((clients[index] ?? 0) + 1) ?? sent
    await everybodyHas(this.#clients, expected, COMPLETE_MS)
    const fault = this.#received.fault()
    if (fault !== null) throw new Error(`wrong content: ${fault}`)
  }

  /** Of what writers of this process have typed, as its own clients have it. */
  latencies(): Latencies {
    return { delays: this.#delays, acks: this.#acks }
  }

  /** Of what came before: it was there to warm up. */
  forgetLatencies(): void {
    this.#delays.length = 0
    this.#acks.length = 0
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  #type(writer: Writer): void {
    const update = writer.updates[writer.sent]
    if (update === undefined) throw new RangeError('the prepared updates are used up')
    writer.sentAt[writer.sent++] = performance.now()
    writer.client.type(update)
  }

  #note(reader: number, author: number, from: number, to: number): void {
    if (author !== reader) this.#deliveries += to - from
    const writer = this.#writers.find((one) => one.author === author)
    if (writer === undefined || this.#pump !== null) return
    const now = performance.now()
    const delays = author === reader ? this.#acks : this.#delays
    for (let at = from; at < to; at++) delays.push(now - (writer.sentAt[at] ?? now))
  }
}
