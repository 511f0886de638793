/**
 * How many conflicts its reader may see, by collection and state. The store counts them by the fields that they are
 * about, so that who may not read a field does not learn from a number that there is a conflict about it (A3). Where
 * the records say who may read them each conflict is looked at, up to a bound.
 */
import { dependsOnRecord } from '../../../shared/schema/access.ts'
import type { ConflictCount, ConflictCounts } from '../../../shared/sync/messages.ts'
import type { ConflictFilter } from '../../storage/storage.ts'
import type { RestParts } from '../rest/rest-context.ts'
import type { Visibility } from '../rest/visibility.ts'
import { visiblePage } from '../rest/visible-page.ts'

/** Conflicts of one collection that are looked at one by one. */
const LOOKED_AT_MAX = 500

type Parts = Pick<RestParts, 'storage' | 'schema'>
type Selection = Omit<ConflictFilter, 'cursor' | 'limit'>

/** @param selection its `states` and its `collection` do not matter. */
export async function countInbox(
  { storage, schema }: Parts,
  visibility: Visibility,
  selection: Selection,
): Promise<ConflictCounts> {
  const asked = { ...selection, states: null, collection: null }
  const counts = new Map<string, ConflictCount>()
  const add = ({ collection, state, count }: ConflictCount): void => {
    const name = `${state} ${collection}`
    counts.set(name, { collection, state, count: count + (counts.get(name)?.count ?? 0) })
  }
  const byRecord = new Set<string>()
  for (const group of await storage.groupConflicts(asked)) {
    const collection = schema.get(group.collection)
    if (collection !== undefined && dependsOnRecord(collection.access)) byRecord.add(group.collection)
    else if (await visibility.seesConflicts(group)) add(group)
  }
  let isWhole = true
  for (const collection of byRecord) {
    const page = await visiblePage(
      { cursor: null, limit: LOOKED_AT_MAX },
      (request) => storage.listConflicts({ ...asked, collection, ...request }),
      async (stored) => ((await visibility.seenConflict(stored)) === null ? null : stored.conflict.state),
    )
    for (const state of page.items) add({ collection, state, count: 1 })
    isWhole &&= page.next === null
  }
  return { groups: [...counts].sort(byName).map(([, group]) => group), isWhole }
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)
