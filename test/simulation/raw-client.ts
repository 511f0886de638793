// A client with a replica of its own, as automerge-repo is one: the library's document and its sync protocol, in
// automerge-repo's messages. Connections break anywhere, and with them what was under way; edits go on without.
// (The Repo class itself waits on timers, which 1,000 runs cannot; test/interop drives it.)
import * as Automerge from '@automerge/automerge'
import { Decoder, Encoder } from 'cbor-x'
import type { WebSocket } from 'ws'
import { newRecord } from '../../client/automerge/new-record.ts'
import type { DoorConnection } from '../../server/protocols/door.ts'
import { Session } from '../../server/protocols/session.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import type { Write } from './oracle.ts'
import type { World } from './world.ts'
import { config } from './world.ts'

const cbor = new Encoder({ tagUint8Array: false, useRecords: false })
const decoder = new Decoder({ tagUint8Array: false, useRecords: false, mapsAsObjects: true })

type Doc = Automerge.Doc<Record<string, unknown>>

interface Link {
  readonly connection: DoorConnection
  /** Frames from the server that the client has not read yet. */
  readonly inbox: Uint8Array[]
  state: Automerge.SyncState
}

export class RawClient {
  readonly name: string
  readonly #world: World
  readonly #key: RecordKey
  doc: Doc
  #link: Link | null = null
  #sessions = 0

  constructor(world: World, key: RecordKey, name: string, actor: string) {
    this.#world = world
    this.#key = key
    this.name = name
    const { binary } = newRecord(config, { collection: 'things', id: key.id, tenant: key.tenant })
    this.doc = Automerge.load<Record<string, unknown>>(binary, { actor })
  }

  get isOnline(): boolean {
    return this.#link !== null
  }

  /** @returns the heads that the edit was made on, and the hash of its change; null if nothing changed. */
  edit(
    change: (root: Record<string, unknown>) => void,
    message: string,
    time: number,
  ): { readonly saw: readonly string[]; readonly hash: string } | null {
    const saw = Automerge.getHeads(this.doc)
    this.doc = Automerge.change(this.doc, { message, time: Math.floor(time / 1_000) }, change)
    const [hash] = Automerge.getHeads(this.doc)
    return hash === undefined || saw.includes(hash) ? null : { saw, hash }
  }

  connect(): void {
    const inbox: Uint8Array[] = []
    const actor = {
      subject: this.name,
      tenant: this.#key.tenant,
      roles: ['*'],
      device: null,
      expiresAt: null,
    }
    const identity = { id: `${this.name}-${++this.#sessions}`, actor, door: 'automerge' as const }
    const session = new Session(socketInto(inbox), identity, { bufferedBytesMax: 2 ** 24 }, this.#world.now)
    const connection = this.#world.door.connect(session, '')
    this.#link = { connection, inbox, state: Automerge.initSyncState() }
    this.#say({ type: 'join', peerMetadata: { isEphemeral: false }, supportedProtocolVersions: ['1'] })
    this.speak()
  }

  /** What was under way in either direction is lost. */
  disconnect(): void {
    this.#link?.connection.onClose()
    this.#link = null
  }

  /** Sends what the library has to say, if anything. */
  speak(): void {
    const link = this.#link
    if (link === null) return
    const [state, data] = Automerge.generateSyncMessage(this.doc, link.state)
    link.state = state
    if (data === null) return
    this.#say({ type: 'sync', targetId: 'server', documentId: documentIdOf(this.#key), data })
  }

  /** Reads one frame of the server, if one waits. @returns whether one did. */
  hear(): boolean {
    const link = this.#link
    const frame = link?.inbox.shift()
    if (link === null || frame === undefined) return false
    const message = decoder.decode(frame)
    if (message.type === 'error') throw new Error(`${this.name} was refused: ${message.message}`)
    if (message.type === 'sync') {
      const [doc, state] = Automerge.receiveSyncMessage(this.doc, link.state, message.data)
      this.doc = doc
      link.state = state
      this.speak()
    }
    return true
  }

  free(): void {
    this.disconnect()
    Automerge.free(this.doc)
  }

  #say(message: Readonly<Record<string, unknown>>): void {
    this.#link?.connection.onFrame(cbor.encode({ ...message, senderId: this.name }))
  }
}

/** As much of a socket as a session needs, with the client's inbox at its other end. */
function socketInto(inbox: Uint8Array[]): WebSocket {
  const socket = {
    readyState: 1,
    bufferedAmount: 0,
    isPaused: false,
    on: () => socket,
    pause: () => {},
    resume: () => {},
    ping: () => {},
    close: (code: number, reason: unknown) => {
      throw new Error(`the server closed the session: ${code} ${String(reason)}`)
    },
    terminate: () => {},
    send: (frame: Uint8Array) => inbox.push(frame),
  }
  return socket as unknown as WebSocket
}

/** A write as a plain Automerge client makes it. */
export function writeRaw(root: Record<string, unknown>, { field, operation, value }: Write): void {
  const current = root[field]
  if (operation === 'increment') (current as Automerge.Counter).increment(Number(value))
  else if (operation === 'add') (current as Record<string, boolean>)[String(value)] = true
  else if (operation === 'remove') delete (current as Record<string, boolean>)[String(value)]
  else if (value === null) delete root[field]
  else root[field] = new Automerge.ImmutableString(String(value))
}

/** The library writes nothing for a value that is there already. */
export function isChange(
  doc: Readonly<Record<string, unknown>>,
  { field, operation, value }: Write,
): boolean {
  if (operation !== 'set') return true
  return (doc[field] === undefined ? null : String(doc[field])) !== value
}
