/** Counts what a deletion takes away from a document, with all that stands in it: Yjs deletes each one by one. */
import * as Y from 'yjs'
import type { Budget } from './budget.ts'
import type { DeleteRange } from './update-decoder.ts'
import { endOf } from './update-decoder.ts'

/**
 * Of the part of a range that the document has. What is deleted already is passed over and counts for nothing.
 * @throws BudgetExhausted
 */
export function countDeletions(doc: Y.Doc, range: DeleteRange, budget: Budget): number {
  const end = Math.min(endOf(range), Y.getState(doc.store, range.client))
  if (range.clock >= end) return 0
  const structs = doc.store.clients.get(range.client) ?? []
  let count = 0
  for (let index = Y.findIndexSS(structs, range.clock); ; index++) {
    const struct = structs[index]
    if (struct === undefined || struct.id.clock >= end) return count
    if (struct instanceof Y.Item && !struct.deleted) count += countItem(struct, budget)
  }
}

/** Walks what stands in an item without recursion: types may be nested as deep as an update may be long. */
function countItem(first: Y.Item, budget: Budget): number {
  const open: Y.Item[] = []
  let count = 0
  const take = (item: Y.Item): void => {
    budget.spend(1)
    if (item.deleted) return
    count += 1
    open.push(item)
  }
  take(first)
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (!(item.content instanceof Y.ContentType)) continue
    const { type } = item.content
    for (let child = type._start; child !== null; child = child.right) take(child)
    for (const entry of type._map.values()) take(entry)
  }
  return count
}
