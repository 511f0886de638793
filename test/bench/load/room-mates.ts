// Many rooms of a few people each, who type now and then: those that live in one process of the generator.
import type { Address } from '../targets.ts'
import { pause } from './measures.ts'
import { ReceivedUpdates } from './received-updates.ts'
import { everybodyHas, TextClient } from './text-client.ts'
import { typedUpdates } from './typed-text.ts'
import type { Latencies } from './typists.ts'

const AT_ONCE = 100
const COMPLETE_MS = 60_000

export interface RoomMatesInput {
  readonly address: Address
  /** Numbers of the rooms of this process. */
  readonly rooms: readonly number[]
  readonly perRoom: number
  /** Characters that each may type. */
  readonly charactersMax: number
}

interface Mate {
  readonly room: number
  readonly author: number
  readonly client: TextClient
  readonly updates: readonly Uint8Array[]
  readonly sentAt: number[]
}

export class RoomMates {
  readonly #input: RoomMatesInput
  readonly #received = new ReceivedUpdates(true)
  readonly #mates: Mate[] = []
  readonly #byRoom = new Map<number, readonly Mate[]>()
  readonly #delays: number[] = []
  readonly #acks: number[] = []

  constructor(input: RoomMatesInput) {
    this.#input = input
  }

  async gather(): Promise<void> {
    const { rooms, perRoom } = this.#input
    const places = rooms.flatMap((room) => Array.from({ length: perRoom }, (_, place) => ({ room, place })))
    for (let from = 0; from < places.length; from += AT_ONCE) {
      const mates = places.slice(from, from + AT_ONCE).map(({ room, place }) => this.#mate(room, place))
      await Promise.all(mates.map(({ client }) => client.synced()))
      this.#mates.push(...mates)
    }
    for (const mate of this.#mates)
      this.#byRoom.set(mate.room, [...(this.#byRoom.get(mate.room) ?? []), mate])
  }

  #mate(room: number, place: number): Mate {
    const { address, perRoom, charactersMax } = this.#input
    // Nobody in another room has the same name, so that what goes astray is noticed.
    const author = room * perRoom + place + 1
    const client = new TextClient(address, `room-${room}`, this.#received)
    client.onDelivery((by, from, to) => this.#note(room, author, by, from, to))
    return { room, author, client, updates: typedUpdates(author, charactersMax), sentAt: [] }
  }

  /** Everybody types so often, each at a moment of his own. */
  async type({
    perSecond,
    seconds,
  }: {
    readonly perSecond: number
    readonly seconds: number
  }): Promise<void> {
    const start = performance.now()
    const steps = Math.min(Math.round(perSecond * seconds), this.#input.charactersMax)
    const total = steps * this.#mates.length
    for (let typed = 0; typed < total; ) {
      const elapsed = (performance.now() - start) / 1_000
      const due = Math.min(Math.ceil(elapsed * perSecond * this.#mates.length), total)
      for (; typed < due; typed++) {
        const mate = this.#mates[typed % this.#mates.length]
        const update = mate?.updates[mate.sentAt.length]
        if (mate === undefined || update === undefined) throw new RangeError('the updates are used up')
        mate.sentAt.push(performance.now())
        mate.client.type(update)
      }
      await pause(1)
    }
  }

  /** Waits until everybody has all of his room and nothing else, and looks at what it is. @throws Error otherwise. */
  async check(): Promise<void> {
    const expected = (_client: TextClient, index: number): readonly (readonly [number, number])[] => {
      const reader = this.#mates[index]
      const others = this.#byRoom.get(reader?.room ?? -1)?.filter((one) => one !== reader) ?? []
      return others.map(({ author, sentAt }) => [author, sentAt.length])
    }
    const clients = this.#mates.map(({ client }) => client)
    await everybodyHas(clients, expected, COMPLETE_MS)
    for (const { client, room } of this.#mates) {
      const authors = this.#byRoom.get(room)?.map(({ author }) => author) ?? []
      if ([...client.seen.keys()].some((author) => !authors.includes(author)))
        throw new Error('wrong content: the text of another room')
    }
    const fault = this.#received.fault()
    if (fault !== null) throw new Error(`wrong content: ${fault}`)
  }

  latencies(): Latencies {
    return { delays: this.#delays, acks: this.#acks }
  }

  /** Of what came before: it was there to warm up. */
  forgetLatencies(): void {
    this.#delays.length = 0
    this.#acks.length = 0
  }

  close(): void {
    for (const { client } of this.#mates) client.close()
  }

  #note(room: number, reader: number, author: number, from: number, to: number): void {
    const sentAt = this.#byRoom.get(room)?.find((mate) => mate.author === author)?.sentAt
    if (sentAt === undefined) return
    const now = performance.now()
    const delays = author === reader ? this.#acks : this.#delays
    for (let at = from; at < to; at++) delays.push(now - (sentAt[at] ?? now))
  }
}
