// A client of the automerge-repo protocol, which many records share: Automerge's own sync, without the Repo around it, which
// waits between what it sends.
import * as Automerge from '@automerge/automerge'
import { Decoder, Encoder } from 'cbor-x'
import { WebSocket } from 'ws'
import { pause } from './measures.ts'

export type RecordDoc = Automerge.Doc<Record<string, unknown>>

interface Open {
  doc: RecordDoc
  sync: Automerge.SyncState
  /** Hash of an own change that the server has not said to have → when it was made, and whom it concerns. */
  readonly waiting: Map<string, { readonly at: number; readonly resolve: (ms: number) => void }>
}

interface Told {
  readonly type: string
  readonly senderId: string
  readonly documentId: string
  readonly data: Uint8Array
  readonly message?: string
}

const cbor = { tagUint8Array: false, useRecords: false }
const LOOK_MS = 5
const FIND_MS = 60_000
const encoder = new Encoder(cbor)
const decoder = new Decoder(cbor)
const senderId = (): string => `bench-${Math.random().toString(36).slice(2)}`

export class RecordClient {
  readonly #socket: WebSocket
  readonly #name = senderId()
  #server = ''
  readonly #open = new Map<string, Open>()
  readonly #joined: Promise<void>
  #fault: Error | null = null

  constructor(url: string) {
    this.#socket = new WebSocket(url, { perMessageDeflate: false })
    this.#socket.binaryType = 'nodebuffer'
    this.#joined = new Promise((resolve, reject) => {
      this.#socket.on('open', () =>
        this.#send({
          type: 'join',
          peerMetadata: { isEphemeral: true },
          supportedProtocolVersions: ['1'],
        }),
      )
      this.#socket.on('message', (data: Buffer) => {
        const told = decoder.decode(data) as Told
        if (told.type === 'peer') {
          this.#server = told.senderId
          resolve()
        } else this.#receive(told)
      })
      const end = (why: string): void => {
        this.#fault ??= new Error(`a session ended: ${why}`)
        reject(this.#fault)
      }
      this.#socket.on('error', ({ message }) => end(message))
      this.#socket.on('close', (code, reason) => end(`${code} ${String(reason)}`))
    })
    this.#joined.catch(() => {})
  }

  joined(): Promise<void> {
    return this.#joined
  }

  /** Why it cannot go on, or null. */
  get fault(): Error | null {
    return this.#fault
  }

  docOf(documentId: string): RecordDoc | undefined {
    return this.#open.get(documentId)?.doc
  }

  /** Brings a document. @returns how long it takes until the server says that it has it, in milliseconds. */
  bring(documentId: string, doc: RecordDoc): Promise<number> {
    const open: Open = { doc, sync: Automerge.initSyncState(), waiting: new Map() }
    this.#open.set(documentId, open)
    return this.#whenHad(documentId, open)
  }

  /** @returns how long it takes until the server says that it has the change, in milliseconds. */
  change(documentId: string, change: (doc: Record<string, unknown>) => void): Promise<number> {
    return this.changeAll(documentId, (doc) => Automerge.change(doc, change))
  }

  /** As `change`, for many changes of which the last follows all others. */
  changeAll(documentId: string, change: (doc: RecordDoc) => RecordDoc): Promise<number> {
    const open = this.#open.get(documentId)
    if (open === undefined) throw new RangeError(`${documentId} is not open`)
    open.doc = change(open.doc)
    return this.#whenHad(documentId, open)
  }

  /** Opens a document that the server has. @returns it, once it is complete. @throws Error if it does not come. */
  async find(documentId: string, isComplete: (doc: RecordDoc) => boolean): Promise<RecordDoc> {
    const open: Open = { doc: Automerge.init(), sync: Automerge.initSyncState(), waiting: new Map() }
    this.#open.set(documentId, open)
    this.#pump(documentId, open, 'request')
    for (let waited = 0; !isComplete(open.doc); waited += LOOK_MS) {
      if (this.#fault !== null) throw this.#fault
      if (waited > FIND_MS) throw new Error('missing deliveries: a record has not arrived')
      await pause(LOOK_MS)
    }
    return open.doc
  }

  close(): void {
    this.#socket.terminate()
    for (const { doc } of this.#open.values()) Automerge.free(doc)
    this.#open.clear()
  }

  #whenHad(documentId: string, open: Open): Promise<number> {
    const [hash] = Automerge.getHeads(open.doc)
    const had = new Promise<number>((resolve) => {
      open.waiting.set(hash ?? '', { at: performance.now(), resolve })
    })
    this.#pump(documentId, open)
    return had
  }

  #receive({ type, documentId, data, message }: Told): void {
    if (type === 'error') this.#fault ??= new Error(`refused: ${message}`)
    const open = this.#open.get(documentId)
    if (type !== 'sync' || open === undefined) return
    const [doc, sync] = Automerge.receiveSyncMessage(open.doc, open.sync, data)
    open.doc = doc
    open.sync = sync
    this.#acknowledge(open, Automerge.decodeSyncMessage(data).heads)
    this.#pump(documentId, open)
  }

  /** The server has what lies behind the heads that it names. */
  #acknowledge(open: Open, heads: readonly string[]): void {
    if (open.waiting.size === 0 || heads.length === 0) return
    if (Automerge.getMissingDeps(open.doc, [...heads]).length > 0) return
    const lacking = new Set(Automerge.getChangesMetaSince(open.doc, [...heads]).map(({ hash }) => hash))
    for (const [hash, { at, resolve }] of open.waiting) {
      if (lacking.has(hash)) continue
      open.waiting.delete(hash)
      resolve(performance.now() - at)
    }
  }

  #pump(documentId: string, open: Open, type: 'sync' | 'request' = 'sync'): void {
    const [sync, data] = Automerge.generateSyncMessage(open.doc, open.sync)
    open.sync = sync
    if (data !== null) this.#send({ type, targetId: this.#server, documentId, data })
  }

  #send(message: Readonly<Record<string, unknown>>): void {
    this.#socket.send(encoder.encode({ ...message, senderId: this.#name }))
  }
}
