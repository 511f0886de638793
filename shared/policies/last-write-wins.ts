/**
 * Last write wins: which of two writes that did not see each other stands. `edited` and `causal` are total orders
 * of the writes themselves, so the outcome does not depend on the order of arrival; `received` is that order.
 */
import type { LwwOrder } from '../schema/field-spec.ts'
import type { RankedWrite } from './ranked-write.ts'

/** Positive if `a` wins; 0 if the order of receipt decides. */
export function compareLww(order: LwwOrder, a: RankedWrite, b: RankedWrite): number {
  switch (order) {
    case 'received':
      return 0
    case 'edited':
      return a.time - b.time || compareOps(a, b)
    case 'causal':
      // A delete in Automerge removes only what its author had seen, so any write beside it stays.
      return Number(b.side.operation === 'delete') - Number(a.side.operation === 'delete') || compareOps(a, b)
  }
}

/** Automerge's own order: by Lamport counter, then by actor. */
const compareOps = (a: RankedWrite, b: RankedWrite): number =>
  a.op - b.op || (a.actor === b.actor ? 0 : a.actor > b.actor ? 1 : -1)
