/** The inbox on a channel (K6): conflicts by a filter, as this reader may see them, newest first. */
import { dependsOnRecord } from '../../../shared/schema/access.ts'
import type {
  ConflictCounts,
  ConflictView,
  Cursor,
  InboxFilter,
  Mark,
} from '../../../shared/sync/messages.ts'
import type { Actor } from '../../auth/actor.ts'
import type { CommitSignal } from '../../rooms/commit-signal.ts'
import type { Turns } from '../../rooms/turns.ts'
import { conflictAnswer } from '../rest/conflict-answer.ts'
import type { RestParts } from '../rest/rest-context.ts'
import { Visibility } from '../rest/visibility.ts'
import { visiblePage } from '../rest/visible-page.ts'
import type { ChannelMessage, ChannelPort, SyncChannel } from './channel.ts'
import { countInbox } from './count-inbox.ts'
import type { Listing } from './live-list.ts'
import { LiveList } from './live-list.ts'
import type { ReadAt, SharedListings } from './shared-listings.ts'
import { readersOf } from './shared-listings.ts'

export interface InboxChannelParts extends Pick<RestParts, 'storage' | 'authorizer' | 'schema' | 'clock'> {
  readonly actor: Actor
  readonly commits: Pick<CommitSignal, 'subscribe'>
  readonly turns: Pick<Turns, 'run'>
  readonly inboxes: SharedListings<Inbox>
  readonly port: ChannelPort
  readonly filter: InboxFilter
  readonly after: Cursor | null
  readonly limit: number
  readonly rowsMax: number
  readonly counts: boolean
  readonly known: Mark | null
}

const GATHER_MS = 100

export class InboxChannel implements SyncChannel {
  readonly #list: LiveList<ConflictView, ConflictCounts | null>
  readonly #unsubscribe: () => void

  constructor(parts: InboxChannelParts) {
    const { actor, commits, turns, port, filter, known, clock, limit, rowsMax } = parts
    const { number: channel } = port
    this.#list = new LiveList({
      read: (limit, ageMsMax) => sharedConflicts(parts, limit, ageMsMax),
      idOf: ({ id }) => id,
      tellPage: (mark, { items, next, extra }) =>
        port.send({ type: 'inbox.page', channel, mark, conflicts: items, next, counts: extra }, items),
      tellDiff: ({ extra, ...diff }) =>
        port.send({ type: 'inbox.diff', channel, ...diff, counts: extra }, diff.changed),
      port,
      inTurn: turns.run,
      known,
      limit,
      rowsMax,
      gatherMs: GATHER_MS,
      clock,
    })
    this.#unsubscribe = commits.subscribe(({ key, changesInbox }) => {
      const isAsked =
        key.tenant === actor.tenant &&
        (parts.counts || (filter.collection ?? key.collection) === key.collection) &&
        (filter.recordId ?? key.id) === key.id
      // Where a rule asks the record, any change of it may show a conflict or hide it (A6).
      if (isAsked && (changesInbox || asksRecord(parts, key.collection))) this.#list.touch()
    })
  }

  open(): Promise<void> {
    return this.#list.open()
  }

  receive(message: ChannelMessage): void {
    this.#list.receive(message)
  }

  close(): void {
    this.#unsubscribe()
    this.#list.close()
  }
}

function asksRecord({ schema }: InboxChannelParts, name: string): boolean {
  const collection = schema.get(name)
  return collection !== undefined && dependsOnRecord(collection.access)
}

type Inbox = Listing<ConflictView, ConflictCounts | null>

function sharedConflicts(parts: InboxChannelParts, limit: number, ageMsMax: number): Promise<ReadAt<Inbox>> {
  const { actor, schema, filter, after, counts, inboxes } = parts
  const name = JSON.stringify([readersOf(actor, schema.values()), filter, after, limit, counts])
  return inboxes.read(name, null, ageMsMax, () => readConflicts(parts, limit))
}

async function readConflicts(
  { storage, actor, filter, after, counts, ...parts }: InboxChannelParts,
  limit: number,
): Promise<Inbox> {
  const { states = null, collection = null, recordId = null, assignee, field, kind, author } = filter
  const selection = { tenant: actor.tenant, states, collection, recordId, assignee, field, kind, author }
  const visibility = new Visibility({ ...parts, storage }, actor)
  const page = await visiblePage(
    { cursor: after, limit },
    (request) => storage.listConflicts({ ...selection, ...request }),
    async (stored) => {
      const shown = await visibility.seenConflict(stored)
      if (shown === null) return null
      return conflictAnswer(shown.conflict, shown.key, (await visibility.mayResolve(stored)).ok)
    },
  )
  const counted = counts ? await countInbox({ ...parts, storage }, visibility, selection) : null
  return { items: page.items, next: page.next, extra: counted }
}
