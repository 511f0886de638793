/** What the gate asks of a record about the changes that it knows (W6). */
import type { DecodedOp, KnownHistory, KnownOp } from '../gate/known-history.ts'
import { parseOpId } from '../gate/known-history.ts'
import type { RecordDraft } from './record-draft.ts'

export const historyOf = (draft: RecordDraft): KnownHistory => ({
  hasChange: (hash) => draft.graph.has(hash),
  maxOp: (hash) => draft.graph.maxOp(hash),
  lastSeq: (actor) => draft.graph.lastSeq(actor),
  lastOp: () => draft.lastOp,
  hashOf: (actor, seq) => draft.graph.hashOf(actor, seq),
  sees: (hash, actor, seq) => draft.graph.sees(hash, actor, seq),
  changeWithOp: (counter, actor) => draft.changeWithOp(counter, actor),
  opAtHand: (opId, at) => opAtHand(draft, opId, at),
})

function opAtHand(
  { doc, graph }: RecordDraft,
  opId: string,
  { obj, key }: Pick<DecodedOp, 'obj' | 'key'>,
): KnownOp | undefined {
  const op = doc.opAtHand(opId, obj, key)
  const { counter, actor } = parseOpId(opId)
  const change = op === undefined ? undefined : graph.changeWithOp(counter, actor)
  return op === undefined || change === undefined ? undefined : { op, change }
}
