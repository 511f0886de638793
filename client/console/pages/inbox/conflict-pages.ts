/**
 * All conflicts of a view, newest first: the newest live through the SDK, older ones read page by page through REST when
 * somebody scrolls to them, so that a list of ten thousand costs the server one live list and no more.
 */

import { isJsonObject } from '../../../../shared/json.ts'
import type { Collections } from '../../../../shared/schema/config.ts'
import type { ConflictCounts, ConflictView, InboxHandle, SluiceClient } from '../../../index.ts'
import { messageOf } from '../../components/load-error.tsx'
import type { RestClient } from '../../session/rest-client.ts'
import type { InboxFilter } from './inbox-filter.ts'
import { restQuery, statesOf } from './inbox-filter.ts'

/** Of the live list, and of a page behind it. */
const LIVE_COUNT = 100
const PAGE_COUNT = 200

export interface ConflictPagesView {
  readonly conflicts: readonly ConflictView[]
  readonly counts: ConflictCounts | null
  readonly status: 'loading' | 'live' | 'stale' | 'refused'
  readonly hasMore: boolean
  readonly problem: string | null
}

export interface ConflictPagesParts {
  readonly client: SluiceClient<Collections>
  readonly rest: RestClient
  readonly me: string
}

export class ConflictPages {
  readonly #parts: ConflictPagesParts
  readonly #filter: InboxFilter
  readonly #inbox: InboxHandle
  readonly #listeners = new Set<() => void>()
  /** Behind the live ones, in order. */
  #older: readonly ConflictView[] = []
  /** What a person has just made of a conflict, until the live list or a page says so. */
  readonly #changed = new Map<string, ConflictView>()
  #live: readonly ConflictView[] = []
  /** Undefined until a page was read; null behind the last one. */
  #cursor: string | null | undefined
  #isReading = false
  #problem: string | null = null
  #view: ConflictPagesView

  constructor(filter: InboxFilter, parts: ConflictPagesParts) {
    this.#parts = parts
    this.#filter = filter
    this.#inbox = parts.client.inbox({
      state: statesOf(filter.view),
      limit: LIVE_COUNT,
      ...(filter.view === 'mine' ? { assignee: parts.me } : {}),
      ...(filter.collection === null ? {} : { collection: filter.collection }),
      ...(filter.author === null ? {} : { author: filter.author }),
    })
    this.#inbox.subscribe(() => this.#take(this.#inbox.view.conflicts))
    this.#live = this.#inbox.view.conflicts
    this.#view = this.#viewNow()
    // What a value holds only REST can be asked for.
    if (filter.value !== null) void this.loadMore()
  }

  /** Decides and works on conflicts. */
  get inbox(): InboxHandle {
    return this.#inbox
  }

  /** The same object until something changes. */
  get view(): ConflictPagesView {
    return this.#view
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#inbox.close()
  }

  /** Shows at once what an action has made of a conflict. */
  put(conflict: ConflictView): void {
    this.#changed.set(conflict.id, conflict)
    this.#look()
  }

  async loadMore(): Promise<void> {
    if (this.#isReading || this.#cursor === null) return
    this.#isReading = true
    try {
      const query = restQuery(this.#filter, this.#parts.me)
      query.set('limit', String(PAGE_COUNT))
      if (this.#cursor !== undefined) query.set('cursor', this.#cursor)
      const page = await this.#parts.rest.read(`/v1/conflicts?${query}`)
      if (!isJsonObject(page)) throw new TypeError('the server has answered no page')
      const { items, next } = page
      // The server answers conflicts in this shape.
      this.#older = joined(this.#older, items as unknown as readonly ConflictView[])
      this.#cursor = typeof next === 'string' ? next : null
      this.#problem = null
    } catch (error) {
      this.#problem = messageOf(error)
    }
    this.#isReading = false
    this.#look()
  }

  /** What new conflicts have pushed out of the live list is still there: it goes on in the older ones. */
  #take(live: readonly ConflictView[]): void {
    const last = live.at(-1)
    const pushedOut =
      last === undefined || !this.#inbox.view.hasMore
        ? []
        : this.#live.filter((conflict) => isBefore(last, conflict))
    this.#older = joined(pushedOut, this.#older)
    this.#live = live
    for (const { id } of live) this.#changed.delete(id)
    this.#look()
  }

  #look(): void {
    this.#view = this.#viewNow()
    for (const listener of [...this.#listeners]) listener()
  }

  #viewNow(): ConflictPagesView {
    const { counts, status, hasMore, refusal } = this.#inbox.view
    const isSearch = this.#filter.value !== null
    const shown = isSearch ? this.#older : joined(this.#live, this.#older)
    const states = new Set(statesOf(this.#filter.view))
    return {
      conflicts: shown
        .map((conflict) => this.#changed.get(conflict.id) ?? conflict)
        .filter(({ state }) => states.has(state)),
      counts,
      status: isSearch && this.#cursor === undefined && this.#problem === null ? 'loading' : status,
      hasMore: this.#cursor === undefined ? isSearch || hasMore : this.#cursor !== null,
      problem: this.#problem ?? refusal?.message ?? null,
    }
  }
}

/** Whether `a` stands before `b`: newer ones first, equal ones by id. */
const isBefore = (a: ConflictView, b: ConflictView): boolean =>
  a.openedAt > b.openedAt || (a.openedAt === b.openedAt && a.id > b.id)

/** Both lists are in order; what is in the first stays as it is there. */
function joined(first: readonly ConflictView[], second: readonly ConflictView[]): readonly ConflictView[] {
  if (first.length === 0) return second
  const known = new Set(first.map(({ id }) => id))
  const rest = second.filter(({ id }) => !known.has(id))
  const last = first.at(-1)
  if (last === undefined || rest.every((conflict) => isBefore(last, conflict))) return [...first, ...rest]
  return [...first, ...rest].sort((a, b) => (isBefore(a, b) ? -1 : 1))
}
