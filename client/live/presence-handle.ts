/**
 * Who is at a record, for those who do not edit its text: the people of its text room, whichever client they use. It is
 * told again every so often, since clients of y-websocket take those who are silent for gone.
 */
import type { JsonObject } from '../../shared/json.ts'
import type { PresenceEntry, Refusal } from '../../shared/sync/messages.ts'
import type { Channel, ChannelEvent, ChannelHolder, Opening } from '../connection/sync-connection.ts'
import type { Live, LiveParts } from './live-list.ts'

/** Half of the time after which others forget a client. Milliseconds. */
const REPEAT_MS = 15_000

export interface Presence {
  /** Names one client: a tab, an editor. A person may have several. */
  readonly client: number
  readonly state: JsonObject
}

export interface PresenceView {
  /** What the others are told of this client; null: that it is not there. */
  readonly me: Presence | null
  readonly others: readonly Presence[]
  /** Whether the server tells who is there. */
  readonly isLive: boolean
  readonly refusal: Refusal | null
}

export interface PresenceParts extends LiveParts {
  /** @returns how to call it off. */
  readonly after: (ms: number, run: () => void) => () => void
}

export class PresenceHandle implements ChannelHolder<'presence'>, Live {
  readonly #name: { readonly collection: string; readonly recordId: string }
  readonly #parts: PresenceParts
  readonly #leave: () => void
  readonly #listeners = new Set<() => void>()
  readonly #others = new Map<number, PresenceEntry>()
  readonly #client: number
  #clock = 0
  #state: JsonObject | null = null
  #channel: Channel | null = null
  #isLive = false
  #isClosed = false
  #refusal: Refusal | null = null
  #cancel: () => void = () => {}
  #view: PresenceView = { me: null, others: [], isLive: false, refusal: null }

  constructor(name: { readonly collection: string; readonly recordId: string }, parts: PresenceParts) {
    this.#name = name
    this.#parts = parts
    const [client = 0] = crypto.getRandomValues(new Uint32Array(1))
    this.#client = client
    this.#leave = parts.enter(this)
    this.connect()
  }

  /** Everything there is to show. The same object until something changes. */
  get view(): PresenceView {
    return this.#view
  }

  get me(): Presence | null {
    return this.#view.me
  }

  get others(): readonly Presence[] {
    return this.#view.others
  }

  /** Tells the others: a name, a colour, the field that is being edited. @param state null: this client is not there. */
  set(state: JsonObject | null): void {
    this.#state = state
    this.#announce()
    this.#look()
  }

  /** Called whenever `view` changes. @returns a function that ends it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The server tells the others that this client is gone. */
  close(): void {
    this.#isClosed = true
    this.#cancel()
    this.#channel?.close()
    this.#leave()
  }

  connect(): void {
    if (!this.#isClosed && this.#channel === null && this.#parts.isMet())
      this.#channel = this.#parts.connection.open<'presence'>(this)
  }

  reset(): void {}

  opening(): Opening<'presence'> {
    return { type: 'presence.open', ...this.#name }
  }

  receive(event: ChannelEvent): void {
    if (event.type === 'presence') {
      if (!this.#isLive) {
        this.#isLive = true
        this.#refusal = null
        this.#announce()
      }
      for (const entry of event.entries) this.#hear(entry)
    } else if (event.type === 'closed') {
      this.#channel = null
      this.#refusal = { code: event.code, message: event.message, details: event.details }
      this.#forgetOthers()
    }
    this.#look()
  }

  lost(): void {
    this.#forgetOthers()
    this.#look()
  }

  #hear(entry: PresenceEntry): void {
    const { client, clock, state } = entry
    if (client === this.#client || clock < (this.#others.get(client)?.clock ?? 0)) return
    if (state === null) this.#others.delete(client)
    else this.#others.set(client, entry)
  }

  #announce(): void {
    this.#cancel()
    if (!this.#isLive || (this.#state === null && this.#clock === 0)) return
    this.#clock += 1
    const entry = { client: this.#client, clock: this.#clock, state: this.#state }
    this.#channel?.send({ type: 'presence', entries: [entry] })
    if (this.#state !== null) this.#cancel = this.#parts.after(REPEAT_MS, () => this.#announce())
  }

  #forgetOthers(): void {
    this.#isLive = false
    this.#cancel()
    this.#others.clear()
  }

  #look(): void {
    const others = [...this.#others.values()].flatMap(({ client, state }) =>
      state === null ? [] : [{ client, state }],
    )
    const view = {
      me: this.#state === null ? null : { client: this.#client, state: this.#state },
      others,
      isLive: this.#isLive,
      refusal: this.#refusal,
    }
    // Most of what comes says that somebody is still there.
    if (JSON.stringify(view) === JSON.stringify(this.#view)) return
    this.#view = view
    for (const listener of [...this.#listeners]) listener()
  }
}
