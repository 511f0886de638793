// A client with an Automerge document of its own: the library's sync protocol in automerge-repo's messages. It takes for
// stored what the server has, by the heads that the server tells.
import * as Automerge from '@automerge/automerge'
import { Decoder, Encoder } from 'cbor-x'
import { newRecord } from '../../../client/automerge/new-record.ts'
import type { RecordKey } from '../../../shared/record/record-key.ts'
import { documentIdOf } from '../../../shared/record/record-key.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'
import type { Replica } from './replica.ts'
import { config } from './stage.ts'
import type { Wire } from './wire.ts'

const cbor = new Encoder({ tagUint8Array: false, useRecords: false })
const decoder = new Decoder({ tagUint8Array: false, useRecords: false, mapsAsObjects: true })

type Root = Record<string, unknown>

export class RecordReplica implements Replica {
  readonly door = 'automerge'
  readonly name: string
  readonly #documentId: string
  readonly #now: () => number
  doc: Automerge.Doc<Root>
  /** Hashes of its own changes that the server had, by what it told (W4). */
  readonly told = new Set<string>()
  #untold: string[] = []
  /** Storage whose heads it asks to be told of. */
  subscribesTo: string | null = null
  #state = Automerge.initSyncState()
  #wire: Wire | null = null

  /** @param actor 32 hex digits that nobody else has. @param now milliseconds since 1970. */
  constructor(name: string, key: RecordKey, actor: string, now: () => number) {
    this.name = name
    this.#documentId = documentIdOf(key)
    this.#now = now
    const { binary } = newRecord(config, { collection: 'things', id: key.id, tenant: key.tenant })
    this.doc = Automerge.load<Root>(binary, { actor })
  }

  get wire(): Wire | null {
    return this.#wire
  }

  set wire(wire: Wire | null) {
    this.#wire = wire
    this.#state = Automerge.initSyncState()
  }

  greet(): void {
    this.#say({ type: 'join', peerMetadata: { isEphemeral: false }, supportedProtocolVersions: ['1'] })
    if (this.subscribesTo !== null)
      this.#say({ type: 'remote-subscription-change', targetId: 'server', add: [this.subscribesTo] })
    this.#speak()
  }

  hear(frame: Uint8Array): void {
    const message = decoder.decode(frame)
    if (message.type === 'error') throw new Error(`${this.name} was refused: ${message.message}`)
    if (message.type !== 'sync') return
    const [doc, state] = Automerge.receiveSyncMessage(this.doc, this.#state, message.data)
    this.doc = doc
    this.#state = state
    this.#note(Automerge.decodeSyncMessage(message.data).heads)
    this.#speak()
  }

  edit(random: SeededRandom, id: string): void {
    const time = Math.floor(this.#now() / 1_000)
    this.doc = Automerge.change(this.doc, { message: JSON.stringify({ w: id }), time }, (root) => {
      const field = random.pick(['plain', 'dose', 'stock', 'tags'])
      if (field === 'stock') (root.stock as Automerge.Counter).increment(random.int(1, 3))
      else if (field === 'tags') (root.tags as Record<string, boolean>)[`t${id}`] = true
      else root[field] = new Automerge.ImmutableString(`v${id}`)
    })
    const change = Automerge.getLastLocalChange(this.doc)
    if (change !== undefined) this.#untold.push(Automerge.decodeChange(change).hash)
    this.#speak()
  }

  free(): void {
    Automerge.free(this.doc)
  }

  /** What the server's heads have seen is stored there. */
  #note(heads: readonly string[]): void {
    if (this.#untold.length === 0 || !Automerge.hasHeads(this.doc, [...heads])) return
    const missing = new Set(Automerge.getChangesMetaSince(this.doc, [...heads]).map(({ hash }) => hash))
    for (const hash of this.#untold) if (!missing.has(hash)) this.told.add(hash)
    this.#untold = this.#untold.filter((hash) => missing.has(hash))
  }

  #speak(): void {
    if (this.#wire === null) return
    const [state, data] = Automerge.generateSyncMessage(this.doc, this.#state)
    this.#state = state
    if (data !== null) this.#say({ type: 'sync', targetId: 'server', documentId: this.#documentId, data })
  }

  #say(message: Readonly<Record<string, unknown>>): void {
    this.#wire?.send(cbor.encode({ ...message, senderId: this.name }))
  }
}
