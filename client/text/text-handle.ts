/**
 * The texts of one record: a Y.Doc that is stored here, kept in step with the server while there is a connection, and
 * says whether what was typed is durable there.
 */
import { Awareness, removeAwarenessStates } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { ServerMessageOf } from '../../shared/sync/messages.ts'
import { contentDigest } from '../../shared/text/content-digest.ts'
import type { OpenTalk } from '../client-parts.ts'
import type {
  Channel,
  ChannelEvent,
  ChannelHolder,
  Opening,
  SyncConnection,
} from '../connection/sync-connection.ts'
import { hearPresence, presenceOf } from './presence.ts'
import type { TextSave } from './text-save.ts'
import { TextTabs } from './text-tabs.ts'

/** What the server has said of this text last. */
export type TextStatus =
  /** Nothing on this connection yet: what is typed is kept here. */
  | { readonly name: 'offline' }
  /** Everything typed is durable on the server. */
  | { readonly name: 'durable' }
  /** Something typed is on its way. */
  | { readonly name: 'pending' }
  /** This person may read. */
  | { readonly name: 'read-only' }
  /**
   * What is here is not what the server has, although both have seen the same (K15). The copy on this device was thrown
   * away: what is closed and opened again is as the server has it.
   */
  | { readonly name: 'diverged' }
  /** The server does not take what was typed, or does not tell of the text, and will not. */
  | { readonly name: 'refused'; readonly code: string; readonly message: string }

export interface TextParts {
  readonly save: TextSave
  readonly connection: SyncConnection
  /** To other tabs, where there are any. */
  readonly talk: OpenTalk | undefined
}

export class TextHandle implements ChannelHolder<'text'> {
  readonly doc = new Y.Doc()
  readonly awareness: Awareness
  readonly #name: { readonly collection: string; readonly recordId: string }
  readonly #save: TextSave
  readonly #connection: SyncConnection
  #channel: Channel
  readonly #tabs: TextTabs | null
  readonly #listeners = new Set<() => void>()
  /** Numbers of updates whose answers are due. */
  readonly #due = new Set<number>()
  #status: TextStatus = { name: 'offline' }
  #number = 0
  #isOpen = false
  /** Whether what is here is compared with the server's, what it is being compared with, or that it was. */
  #check: 'waiting' | 'reading' | 'done' = 'waiting'
  #saved: Promise<void> = Promise.resolve()

  constructor(
    name: { readonly collection: string; readonly recordId: string },
    { save, connection, talk }: TextParts,
  ) {
    this.#name = name
    this.#save = save
    save.fill(this.doc, this)
    this.awareness = new Awareness(this.doc)
    this.doc.on('update', this.#onUpdate)
    this.awareness.on('update', this.#onAwareness)
    this.#connection = connection
    this.#channel = connection.open<'text'>(this)
    this.#tabs =
      talk === undefined
        ? null
        : new TextTabs(this.doc, `text ${name.collection}/${name.recordId}`, talk, this)
  }

  get status(): TextStatus {
    return this.#status
  }

  /** Resolves when what was typed is as safe on this device as the store can make it. */
  get saved(): Promise<void> {
    return this.#saved
  }

  /** Resolves when everything typed is durable on the server. It waits for a connection, however long. */
  durable(): Promise<void> {
    if (this.#status.name === 'durable') return Promise.resolve()
    return new Promise((resolve) => {
      const stop = this.subscribe(() => {
        if (this.#status.name !== 'durable') return
        stop()
        resolve()
      })
    })
  }

  /** Called whenever `status` changes. @returns a function that ends it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Leaves the text. What was typed stays stored, and is sent when the text is opened again. */
  async close(): Promise<void> {
    this.awareness.destroy()
    this.#tabs?.close()
    this.#channel.close()
    this.doc.off('update', this.#onUpdate)
    await this.#saved
    this.doc.destroy()
  }

  opening(): Opening<'text'> {
    const stateVector = this.#check === 'reading' ? NOTHING_SEEN : Y.encodeStateVector(this.doc)
    return { type: 'text.open', ...this.#name, stateVector }
  }

  receive(event: ChannelEvent): void {
    switch (event.type) {
      case 'text.opened':
        return this.#opened(event)
      case 'text.update':
        return Y.applyUpdate(this.doc, event.update, this)
      case 'text.done':
        return this.#answered(event.number)
      case 'text.behind':
        this.#sendMissing(event.stateVector)
        return this.#answered(event.number)
      case 'text.refused':
        this.#due.delete(event.number)
        return this.#become({ name: 'refused', code: event.code, message: event.message })
      case 'text.content':
        return this.#compare(event.digest)
      case 'closed':
        this.#isOpen = false
        if (event.code === 'erased') this.#saved = this.#save.discard()
        return this.#become({ name: 'refused', code: event.code, message: event.message })
      case 'presence':
        return hearPresence(this.awareness, event.entries, this)
      default:
    }
  }

  lost(): void {
    this.#isOpen = false
    this.#check = 'waiting'
    this.#due.clear()
    const others = [...this.awareness.getStates().keys()].filter((client) => client !== this.doc.clientID)
    removeAwarenessStates(this.awareness, others, this)
    if (!isFinal(this.#status)) this.#become({ name: 'offline' })
  }

  #opened({ update, stateVector, mayWrite }: ServerMessageOf<'text.opened'>): void {
    this.#isOpen = true
    this.#number = 0
    Y.applyUpdate(this.doc, update, this)
    if (this.#check === 'reading' && !this.#agrees(update)) return this.#diverged()
    this.#announce()
    if (!mayWrite) return this.#become({ name: 'read-only' })
    this.#become({ name: 'pending' })
    if (lacks(this.doc, stateVector)) this.#sendMissing(stateVector)
    else this.#answered(0)
  }

  /**
   * Reads the whole text again if what is here differs, once for a connection: whatever got lost on the way is there
   * then. What was typed meanwhile, here or in another tab, may be the reason as well.
   */
  #compare(digest: number): void {
    if (this.#check !== 'waiting' || this.#due.size > 0 || contentDigest(this.doc) === digest) return
    this.#check = 'reading'
    this.#isOpen = false
    // What is typed meanwhile is sent when the whole text is here.
    if (this.#status.name === 'durable') this.#become({ name: 'pending' })
    this.#channel.close()
    this.#channel = this.#connection.open<'text'>(this)
  }

  /** Whether a sound replica that has seen all that the server and this one have shows the same. @param whole the server's. */
  #agrees(whole: Uint8Array): boolean {
    this.#check = 'done'
    const sound = new Y.Doc()
    Y.applyUpdate(sound, whole)
    Y.applyUpdate(sound, Y.encodeStateAsUpdate(this.doc))
    const isSame = contentDigest(sound) === contentDigest(this.doc)
    sound.destroy()
    return isSame
  }

  #diverged(): void {
    this.#isOpen = false
    this.#channel.close()
    this.#saved = this.#save.discard()
    this.#become({ name: 'diverged' })
  }

  #sendMissing(stateVector: Uint8Array): void {
    this.#send(Y.encodeStateAsUpdate(this.doc, stateVector))
  }

  #send(update: Uint8Array): void {
    const number = ++this.#number
    this.#due.add(number)
    this.#channel.send({ type: 'text.update', number, update })
  }

  #answered(number: number): void {
    this.#due.delete(number)
    if (this.#isOpen && this.#due.size === 0 && this.#status.name === 'pending')
      this.#become({ name: 'durable' })
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    // The tab in which it was typed stores and sends it.
    if (origin instanceof TextTabs) return
    // What came out of the store is there already.
    if (!this.#isDiscarded && (origin !== this || this.#isOpen))
      this.#saved = this.#save.add(update, this.doc)
    if (origin === this || !this.#isOpen || this.#status.name === 'read-only') return
    this.#send(update)
    if (!isFinal(this.#status)) this.#become({ name: 'pending' })
  }

  /** What is here is not to be kept. */
  get #isDiscarded(): boolean {
    const status = this.#status
    return status.name === 'diverged' || (status.name === 'refused' && status.code === 'erased')
  }

  readonly #onAwareness = (_: unknown, origin: unknown): void => {
    if (origin !== this) this.#announce()
  }

  /** Tells the others who is here. */
  #announce(): void {
    const entry = presenceOf(this.awareness)
    if (this.#isOpen && entry !== null) this.#channel.send({ type: 'presence', entries: [entry] })
  }

  #become(status: TextStatus): void {
    this.#status = status
    for (const listener of [...this.#listeners]) listener()
  }
}

const isFinal = ({ name }: TextStatus): boolean => name === 'refused' || name === 'diverged'

/** The state vector of an empty document. */
const NOTHING_SEEN = Uint8Array.of(0)

/** Whether the document holds anything that a state vector does not tell of: structs, or any deletion. */
function lacks(doc: Y.Doc, stateVector: Uint8Array): boolean {
  const { structs, ds } = Y.decodeUpdate(Y.encodeStateAsUpdate(doc, stateVector))
  return structs.length > 0 || ds.clients.size > 0
}
