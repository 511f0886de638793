// A room full of people who all type, or all move their cursors: those that live in one process of the generator.
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import type { Address } from '../targets.ts'
import { pause } from './measures.ts'
import { ReceivedUpdates } from './received-updates.ts'
import { everybodyHas, TextClient } from './text-client.ts'
import { typedUpdates } from './typed-text.ts'

export interface AttendeesInput {
  readonly address: Address
  /** Of the clients of all processes, those of this one, from 0. */
  readonly clients: readonly number[]
  /** Of all processes together. */
  readonly size: number
}

export interface Pace {
  readonly steps: number
  readonly everyMs: number
}

const ROOM = 'full'
const COMPLETE_MS = 60_000
const LOOK_MS = 20

interface Attendee {
  readonly author: number
  readonly client: TextClient
  /** Author → the last place of his cursor that has been heard of. */
  readonly places: Map<number, number>
}

export class Attendees {
  readonly #input: AttendeesInput
  readonly #received = new ReceivedUpdates(true)
  #all: readonly Attendee[] = []

  constructor(input: AttendeesInput) {
    this.#input = input
  }

  async gather(): Promise<void> {
    const { address, clients } = this.#input
    this.#all = clients.map((index) => {
      const client = new TextClient(address, ROOM, this.#received)
      const places = new Map<number, number>()
      client.onPresence((payload) => readPlaces(payload, places))
      return { author: index + 1, client, places }
    })
    await Promise.all(this.#all.map(({ client }) => client.synced()))
  }

  /** Each types a character at every step. */
  async type({ steps, everyMs }: Pace): Promise<void> {
    const texts = this.#all.map(({ author }) => typedUpdates(author, steps))
    await this.#paced({ steps, everyMs }, ({ client }, step, index) => {
      client.type(texts[index]?.[step] ?? new Uint8Array())
    })
    await everybodyHas(
      this.#all.map(({ client }) => client),
      (_client, index) => this.#others(index).map((author) => [author, steps]),
      COMPLETE_MS,
    )
    const fault = this.#received.fault()
    if (fault !== null) throw new Error(`wrong content: ${fault}`)
  }

  /** Each moves his cursor at every step. @throws Error if anybody does not hear where somebody is in the end. */
  async move({ steps, everyMs }: Pace): Promise<void> {
    await this.#paced({ steps, everyMs }, ({ author, client }, step) => {
      client.present(placeOf(author, step + 1))
    })
    const lacks = ({ places }: Attendee, index: number): boolean =>
      this.#others(index).some((author) => places.get(author) !== steps)
    for (let waited = 0; this.#all.some(lacks); waited += LOOK_MS) {
      if (waited > COMPLETE_MS) throw new Error('missing deliveries: somebody has not heard where others are')
      await pause(LOOK_MS)
    }
  }

  close(): void {
    for (const { client } of this.#all) client.close()
  }

  #others(index: number): readonly number[] {
    const own = this.#all[index]?.author
    const authors = Array.from({ length: this.#input.size }, (_, other) => other + 1)
    return authors.filter((author) => author !== own)
  }

  /** Everybody once in each step, at a moment of his own. */
  async #paced(
    { steps, everyMs }: Pace,
    act: (attendee: Attendee, step: number, index: number) => void,
  ): Promise<void> {
    const start = performance.now()
    const { length } = this.#all
    for (let acted = 0; acted < steps * length; ) {
      const due = Math.min(((performance.now() - start) / everyMs) * length, steps * length)
      for (; acted < due; acted++) {
        const attendee = this.#all[acted % length]
        if (attendee !== undefined) act(attendee, Math.floor(acted / length), acted % length)
      }
      await pause(1)
    }
  }
}

/** An awareness message of one client, as an editor sends it. */
function placeOf(author: number, place: number): Uint8Array {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, 1)
  encoding.writeVarUint(encoder, author)
  encoding.writeVarUint(encoder, place)
  const state = {
    user: { name: `person ${author}`, color: '#30bced' },
    cursor: { anchor: place, head: place },
  }
  encoding.writeVarString(encoder, JSON.stringify(state))
  return encoding.toUint8Array(encoder)
}

function readPlaces(payload: Uint8Array, places: Map<number, number>): void {
  const decoder = decoding.createDecoder(payload)
  for (let left = decoding.readVarUint(decoder); left > 0; left--) {
    const author = decoding.readVarUint(decoder)
    decoding.readVarUint(decoder)
    const state: { cursor?: { anchor?: number } } | null = JSON.parse(decoding.readVarString(decoder))
    places.set(author, state?.cursor?.anchor ?? 0)
  }
}
