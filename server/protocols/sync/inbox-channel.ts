/** The inbox on a channel (K6): conflicts by a filter, as this reader may see them, newest first. */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import { dependsOnRecord } from '../../../shared/schema/access.ts'
import type { ConflictView, InboxFilter, Mark } from '../../../shared/sync/messages.ts'
import type { Actor } from '../../auth/actor.ts'
import type { CommitSignal } from '../../rooms/commit-signal.ts'
import type { RestParts } from '../rest/rest-context.ts'
import { Visibility } from '../rest/visibility.ts'
import { visiblePage } from '../rest/visible-page.ts'
import type { ChannelPort, SyncChannel } from './channel.ts'
import type { Listing } from './live-list.ts'
import { LiveList } from './live-list.ts'
import { conflictView } from './record-view.ts'

export interface InboxChannelParts extends Pick<RestParts, 'storage' | 'authorizer' | 'schema' | 'clock'> {
  readonly actor: Actor
  readonly commits: Pick<CommitSignal, 'subscribe'>
  readonly port: ChannelPort
  readonly filter: InboxFilter
  readonly limit: number
  readonly known: Mark | null
}

const GATHER_MS = 100

export class InboxChannel implements SyncChannel {
  readonly #list: LiveList<ConflictView>
  readonly #unsubscribe: () => void

  constructor(parts: InboxChannelParts) {
    const { actor, commits, port, filter, known, clock } = parts
    const { number: channel } = port
    this.#list = new LiveList({
      read: () => readConflicts(parts),
      idOf: ({ id }) => id,
      tellPage: (mark, { items, hasMore }) =>
        port.send({ type: 'inbox.page', channel, mark, conflicts: items, hasMore }),
      tellDiff: (diff) => port.send({ type: 'inbox.diff', channel, ...diff }),
      port,
      known,
      gatherMs: GATHER_MS,
      clock,
    })
    this.#unsubscribe = commits.subscribe(({ key, changesInbox }) => {
      const isAsked =
        key.tenant === actor.tenant &&
        (filter.collection ?? key.collection) === key.collection &&
        (filter.recordId ?? key.id) === key.id
      // Where a rule asks the record, any change of it may show a conflict or hide it (A6).
      if (isAsked && (changesInbox || asksRecord(parts, key.collection))) this.#list.touch()
    })
  }

  open(): Promise<void> {
    return this.#list.open()
  }

  receive(): void {
    throw new SluiceError('bad_frame', 'an inbox takes no messages')
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

async function readConflicts({
  storage,
  actor,
  filter,
  limit,
  ...parts
}: InboxChannelParts): Promise<Listing<ConflictView>> {
  const { states = null, collection = null, recordId = null, assignee, field, kind, author } = filter
  const selection = { tenant: actor.tenant, states, collection, recordId, assignee, field, kind, author }
  const visibility = new Visibility({ ...parts, storage }, actor)
  const page = await visiblePage(
    { cursor: null, limit },
    (request) => storage.listConflicts({ ...selection, ...request }),
    async (stored) => {
      const shown = await visibility.seenConflict(stored)
      if (shown === null) return null
      return conflictView(shown.conflict, shown.key, (await visibility.mayResolve(stored)).ok)
    },
  )
  return { items: page.items, hasMore: page.next !== null }
}
