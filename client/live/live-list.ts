/**
 * A list that the server keeps up to date on a channel (K6), and the store keeps for when there is none. It starts with
 * what is stored, and says whether the server has told on this connection what there is.
 */
import type { Json } from '../../shared/json.ts'
import type { Mark, Refusal } from '../../shared/sync/messages.ts'
import type {
  Channel,
  ChannelEvent,
  ChannelHolder,
  Opening,
  SyncConnection,
} from '../connection/sync-connection.ts'
import type { KnownList, ListChange } from './list-state.ts'
import { withChange } from './list-state.ts'
import type { SavedLists } from './saved-lists.ts'

/**
 * `loading`: nothing is stored here, and the server has not told yet. `live`: kept up to date. `stale`: as it was told
 * last, since there is no connection. `refused`: the server does not tell it, and `refusal` says why.
 */
export type ListStatus = 'loading' | 'live' | 'stale' | 'refused'

type ListKind = 'query' | 'inbox'

/** What live objects need of their client. */
export interface LiveParts {
  readonly connection: SyncConnection
  readonly lists: SavedLists
  /** Whether the server is known to take this client for the person whose store it is. */
  readonly isMet: () => boolean
  /** Whoever enters is told when to connect, and when to forget. @returns how to leave. */
  readonly enter: (live: Live) => () => void
}

export interface Live {
  /** The server may be asked now. */
  connect(): void
  /** What is known belongs to somebody else. */
  reset(): void
}

/** What a message says of the list. */
export type ListNews<Item, Extra> =
  | { readonly type: 'page'; readonly list: KnownList<Item, Extra> }
  | { readonly type: 'change'; readonly change: ListChange<Item, Extra> }

export interface LiveListSpec<Item, Extra> {
  /** Under which the store keeps it: what is asked for, without the number of rows. */
  readonly name: string
  readonly limit: number
  readonly opening: (limit: number, known: Mark | null) => Opening<ListKind>
  /** Null for a message that says nothing of it. */
  readonly read: (event: ChannelEvent) => ListNews<Item, Extra> | null
  /** @param isTold whether the server has told the list or confirmed it whole. */
  readonly onChange: (isTold: boolean) => void
}

export class LiveList<Item extends { readonly id: string }, Extra = null>
  implements ChannelHolder<ListKind>, Live
{
  readonly #parts: LiveParts
  readonly #spec: LiveListSpec<Item, Extra>
  readonly #leave: () => void
  #known: KnownList<Item, Extra> | null = null
  #limit: number
  #channel: Channel | null = null
  #refusal: Refusal | null = null
  #isCurrent = false
  #isReady = false
  #isClosed = false
  #awaited: ((isThere: boolean) => void)[] = []

  constructor(parts: LiveParts, spec: LiveListSpec<Item, Extra>) {
    this.#parts = parts
    this.#spec = spec
    this.#limit = spec.limit
    this.#leave = parts.enter(this)
    void this.#start()
  }

  /** Null before anything is known. */
  get known(): KnownList<Item, Extra> | null {
    return this.#known
  }

  get status(): ListStatus {
    if (this.#refusal !== null) return 'refused'
    if (this.#isCurrent) return 'live'
    return this.#known === null ? 'loading' : 'stale'
  }

  get refusal(): Refusal | null {
    return this.#refusal
  }

  /** Whether there is more, and the server gives it to this list. */
  get mayGrow(): boolean {
    return this.#isCurrent && this.#known !== null && this.#known.next !== null && this.#limit < this.#rowsMax
  }

  /** @returns when it is there; false if there is no more, or it cannot be had now. */
  grow(): Promise<boolean> {
    if (!this.mayGrow) return Promise.resolve(false)
    this.#limit = Math.min(this.#limit + this.#spec.limit, this.#rowsMax)
    this.#channel?.send({ type: 'list.more', limit: this.#limit })
    return new Promise((resolve) => this.#awaited.push(resolve))
  }

  connect(): void {
    if (this.#isReady && !this.#isClosed && this.#channel === null && this.#parts.isMet())
      this.#channel = this.#parts.connection.open<ListKind>(this)
  }

  reset(): void {
    this.#known = null
    this.#spec.onChange(true)
  }

  close(): void {
    this.#isClosed = true
    this.#channel?.close()
    this.#settle(false)
    this.#leave()
  }

  opening(): Opening<ListKind> {
    return this.#spec.opening(this.#limit, this.#known?.mark ?? null)
  }

  receive(event: ChannelEvent): void {
    if (event.type === 'same') return this.#told(this.#known, true)
    if (event.type === 'closed') {
      this.#channel = null
      this.#isCurrent = false
      this.#refusal = { code: event.code, message: event.message, details: event.details }
      this.#settle(false)
      return this.#spec.onChange(false)
    }
    const news = this.#spec.read(event)
    if (news?.type === 'page') return this.#told(news.list, true)
    if (news?.type !== 'change' || this.#known === null) return
    const next = withChange(this.#known, news.change)
    if (next === null) this.#askAnew()
    else this.#told(next, false)
  }

  lost(): void {
    this.#isCurrent = false
    this.#settle(false)
    this.#spec.onChange(false)
  }

  get #rowsMax(): number {
    const { status } = this.#parts.connection
    return status.name === 'online' ? status.welcome.rows : this.#limit
  }

  async #start(): Promise<void> {
    const stored = await this.#parts.lists.read(this.#spec.name)
    if (this.#isClosed) return
    this.#isReady = true
    if (stored !== null) this.#known = stored as unknown as KnownList<Item, Extra>
    this.connect()
    if (stored !== null) this.#spec.onChange(true)
  }

  #told(known: KnownList<Item, Extra> | null, isWhole: boolean): void {
    const isNew = known !== this.#known
    this.#known = known
    this.#isCurrent = true
    this.#refusal = null
    if (isNew) this.#parts.lists.put(this.#spec.name, known as unknown as Json)
    this.#settle(true)
    this.#spec.onChange(isWhole)
  }

  /** A change that builds on something else than what is known: no server sends one. */
  #askAnew(): void {
    this.#known = null
    this.#channel?.close()
    this.#channel = null
    this.connect()
  }

  #settle(isThere: boolean): void {
    const awaited = this.#awaited
    this.#awaited = []
    for (const resolve of awaited) resolve(isThere)
  }
}
