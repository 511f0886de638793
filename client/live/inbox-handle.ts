/** The inbox as an app works with it: conflicts newest first, how many there are, and what a person does to them. */
import type { ConflictState } from '../../shared/conflicts/conflict.ts'
import { OPEN_STATES } from '../../shared/conflicts/conflict.ts'
import { SluiceError } from '../../shared/errors/error-table.ts'
import { isJsonObject } from '../../shared/json.ts'
import type {
  ActionResult,
  ConflictAction,
  ConflictCounts,
  ConflictView,
  Cursor,
  FieldAnswer,
  InboxFilter,
  Refusal,
} from '../../shared/sync/messages.ts'
import { ConnectionLost } from '../connection/sync-connection.ts'
import type { Resolving } from '../resolving.ts'
import { actionOf } from '../resolving.ts'
import type { ListNews, ListStatus, LiveParts } from './live-list.ts'
import { LiveList } from './live-list.ts'

/** How many conflicts an inbox starts with, unless it says otherwise. */
const LIMIT = 50

/** What is left out does not matter, but for `state`. */
export interface InboxOptions extends Omit<InboxFilter, 'states'> {
  /** Default: those that wait for somebody. */
  readonly state?: ConflictState | readonly ConflictState[]
  /** How many it starts with, and grows by. Default: 50. */
  readonly limit?: number
  /** Starts behind this place: the `next` of another view of the same inbox. */
  readonly after?: Cursor
}

export interface InboxView {
  readonly conflicts: readonly ConflictView[]
  /** By collection and state, whatever `state` and `collection` ask for; null before anything is known. */
  readonly counts: ConflictCounts | null
  readonly status: ListStatus
  readonly hasMore: boolean
  /** Where another inbox goes on behind this one; null at the end. */
  readonly next: Cursor | null
  readonly refusal: Refusal | null
}

/** What became of an action. */
export type ActionOutcome =
  /** @member fields of the values that a dead letter was given; null for every other action. */
  | {
      readonly status: 'done'
      readonly conflict: ConflictView
      readonly fields: Readonly<Record<string, FieldAnswer>> | null
    }
  /** @member conflict as it is now, with the sides to look at; null where that is not why it was refused. */
  | ({ readonly status: 'refused'; readonly conflict: ConflictView | null } & Refusal)
  /** The connection went before the answer: the inbox shows what became of it. */
  | { readonly status: 'unknown' }
  /** There is no connection: nothing was asked. */
  | { readonly status: 'offline' }

/** A conflict as the person has it before him, or the id of one that the inbox shows. */
type Named = ConflictView | string

export class InboxHandle {
  readonly #parts: LiveParts
  readonly #list: LiveList<ConflictView, ConflictCounts | null>
  readonly #listeners = new Set<() => void>()
  #view: InboxView

  /** @internal */
  constructor(options: InboxOptions, parts: LiveParts) {
    const { state = OPEN_STATES, limit = LIMIT, after = null, ...rest } = options
    const filter: InboxFilter = { ...rest, states: typeof state === 'string' ? [state] : state }
    this.#parts = parts
    this.#list = new LiveList<ConflictView, ConflictCounts | null>(parts, {
      name: `inbox ${JSON.stringify([filter, after])}`,
      limit,
      opening: (count, known) => ({ type: 'inbox.open', filter, after, limit: count, counts: true, known }),
      read: newsOf,
      onChange: () => this.#look(),
    })
    this.#view = this.#viewNow()
  }

  /** Everything there is to show. The same object until something changes. */
  get view(): InboxView {
    return this.#view
  }

  get conflicts(): readonly ConflictView[] {
    return this.#view.conflicts
  }

  get counts(): ConflictCounts | null {
    return this.#view.counts
  }

  get status(): ListStatus {
    return this.#view.status
  }

  get hasMore(): boolean {
    return this.#view.hasMore
  }

  get refusal(): Refusal | null {
    return this.#view.refusal
  }

  /**
   * Asks for as many conflicts more as the inbox began with. The server bounds how many one inbox may have (500 unless
   * it is set otherwise); beyond it, `client.inbox({ …, after: view.next })` goes on.
   * @returns whether they came; false also without a connection.
   */
  loadMore(): Promise<boolean> {
    return this.#list.grow()
  }

  /**
   * Decides it: the decision names the sides that are before the person, and is refused if another has arrived.
   * @throws SluiceError `not_found` for an id that the inbox does not show.
   */
  resolve(conflict: Named, resolving: Resolving): Promise<ActionOutcome> {
    const shown = this.#shown(conflict)
    return this.#act(shown.id, actionOf(shown, resolving))
  }

  /** There is nothing to decide: what is in force stays. @throws SluiceError `not_found` */
  dismiss(conflict: Named, note: string): Promise<ActionOutcome> {
    return this.resolve(conflict, { dismiss: true, note })
  }

  /** Agrees with the decision that waits for it. @throws SluiceError `not_found`, `not_open` */
  approve(conflict: Named): Promise<ActionOutcome> {
    const { id, proposal } = this.#shown(conflict)
    if (proposal === null)
      throw new SluiceError('not_found', 'no decision of this conflict waits for approval')
    return this.#act(id, { type: 'approve', proposal: proposal.id })
  }

  /** Takes back the decision that waits for approval. */
  withdraw(conflict: Named): Promise<ActionOutcome> {
    return this.#act(idOf(conflict), { type: 'withdraw' })
  }

  /** Takes back the decision in force: the conflict is open again. */
  takeBack(conflict: Named): Promise<ActionOutcome> {
    return this.#act(idOf(conflict), { type: 'undo' })
  }

  /** @param assignee a subject; null: nobody. */
  assign(conflict: Named, assignee: string | null): Promise<ActionOutcome> {
    return this.#act(idOf(conflict), { type: 'assign', assignee })
  }

  comment(conflict: Named, text: string): Promise<ActionOutcome> {
    return this.#act(idOf(conflict), { type: 'comment', text })
  }

  /** Called whenever `view` changes. @returns a function that ends it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The inbox is not shown any more. */
  close(): void {
    this.#list.close()
  }

  #shown(conflict: Named): ConflictView {
    if (typeof conflict !== 'string') return conflict
    const shown = this.conflicts.find(({ id }) => id === conflict)
    if (shown === undefined) throw new SluiceError('not_found', 'the inbox shows no such conflict')
    return shown
  }

  async #act(conflictId: string, action: ConflictAction): Promise<ActionOutcome> {
    const { connection, isMet } = this.#parts
    if (connection.status.name !== 'online' || !isMet()) return { status: 'offline' }
    try {
      return outcomeOf(await connection.act(conflictId, action))
    } catch (error) {
      if (error instanceof ConnectionLost) return { status: 'unknown' }
      throw error
    }
  }

  #look(): void {
    this.#view = this.#viewNow()
    for (const listener of [...this.#listeners]) listener()
  }

  #viewNow(): InboxView {
    const { known, status, refusal } = this.#list
    const { items = [], next = null, extra = null } = known ?? {}
    return { conflicts: items, counts: extra, status, hasMore: next !== null, next, refusal }
  }
}

const idOf = (conflict: Named): string => (typeof conflict === 'string' ? conflict : conflict.id)

function outcomeOf(result: ActionResult): ActionOutcome {
  if (result.status === 'done') return result
  const { conflict } = result.details
  // The server sends a whole conflict under this name, or none.
  return { ...result, conflict: isJsonObject(conflict) ? (conflict as unknown as ConflictView) : null }
}

function newsOf(
  event: Parameters<LiveList<ConflictView>['receive']>[0],
): ListNews<ConflictView, ConflictCounts | null> | null {
  if (event.type === 'inbox.page') {
    const { mark, conflicts: items, next, counts: extra } = event
    return { type: 'page', list: { mark, items, next, extra } }
  }
  if (event.type !== 'inbox.diff') return null
  const { mark, changed, ids, next, counts: extra } = event
  return { type: 'change', change: { mark, changed, ids, next, extra } }
}
