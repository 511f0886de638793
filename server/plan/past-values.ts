/**
 * What was in force at an earlier point of a document's history, worked out from what is in force now and the changes that
 * have come since: so a change that its author made beside a few others is made without a copy of the whole history.
 */
import type { DecodedChange } from '@automerge/automerge'
import type { LiveObject, LiveOp, Slots } from './live-values.ts'
import { idOf, LiveValues, UNTOLD } from './live-values.ts'

type Op = DecodedChange['ops'][number]

/** A change that the earlier point has not seen. */
export interface LaterChange {
  readonly change: DecodedChange
  /**
   * What the earlier point has seen and it has not: that may have taken away there what it took away itself. Null if it
   * is too much to look through.
   */
  readonly missed: () => readonly DecodedChange[] | null
}

/** The operation `counter@actor` as it was written; undefined if that cannot be told. */
export type FindOp = (counter: number, actor: string) => WrittenOp | undefined

interface WrittenOp {
  readonly action: string
  readonly datatype?: string | null
  readonly value?: unknown
}

/**
 * @param now in force.
 * @param since all changes that the earlier point has not seen, in any order.
 * @returns what was in force; `UNTOLD` where the library has to be asked.
 */
export function pastValues(now: LiveValues, since: readonly LaterChange[], find: FindOp): LiveValues {
  const unseen = new Set(
    since.flatMap(({ change: { actor, startOp, ops } }) =>
      ops.map((_, index) => `${startOp + index}@${actor}`),
    ),
  )
  const objects = now.objects.fork()
  const own = new Map<string, Slots>()
  for (const { change, missed } of since)
    for (const op of change.ops) {
      const object = objects.get(op.obj)
      const key = (op as { readonly key?: string }).key
      // Of lists and texts nothing is known here, and whoever asks is told so.
      if (object?.kind !== 'map' || key === undefined) continue
      const slots = own.get(op.obj) ?? ownSlots(objects, op.obj, object)
      own.set(op.obj, slots)
      const before = taken(op, slots.get(key) ?? [], unseen, missed, find)
      if (before.length === 0) slots.delete(key)
      else slots.set(key, before)
    }
  return new LiveValues(objects)
}

function ownSlots(objects: LiveValues['objects'], id: string, object: LiveObject): Slots {
  const slots = object.slots.fork()
  objects.set(id, { ...object, slots })
  return slots
}

/** A slot as it was before an operation: without what others have put there since, and with what it took away. */
function taken(
  { action, pred, value }: Op,
  slot: readonly LiveOp[],
  unseen: ReadonlySet<string>,
  missed: LaterChange['missed'],
  find: FindOp,
): readonly LiveOp[] {
  const seen = slot.filter((op) => !unseen.has(idOf(op)))
  const isThere = (id: string): boolean => seen.some((op) => idOf(op) === id)
  const gone = pred.filter((id) => !unseen.has(id) && !isThere(id))
  if (action === 'inc') {
    // What was incremented has been overwritten meanwhile: its sum is not known.
    if (gone.length > 0) return [...seen, UNTOLD]
    return seen.map((op) => (pred.includes(idOf(op)) ? { ...op, added: op.added - Number(value ?? 0) } : op))
  }
  if (gone.length === 0) return seen
  const others = missed()
  if (others === null) return [...seen, UNTOLD]
  const ops = others.flatMap((change) => change.ops)
  const idsIn = (isCounted: boolean): ReadonlySet<string> =>
    new Set(ops.flatMap((op) => ((op.action === 'inc') === isCounted ? op.pred : [])))
  const [counted, takenBefore] = [idsIn(true), idsIn(false)]
  const restored = gone.filter((id) => !takenBefore.has(id))
  return [...seen, ...restored.map((id) => (counted.has(id) ? UNTOLD : restoredOp(id, find)))]
}

/** A scalar as it was written; untold are a counter, whose sum is not known, and what holds others. */
function restoredOp(id: string, find: FindOp): LiveOp {
  const at = id.indexOf('@')
  const [counter, actor] = [Number(id.slice(0, at)), id.slice(at + 1)]
  const op = find(counter, actor)
  if (op?.action !== 'set' || op.datatype === 'counter') return UNTOLD
  return {
    counter,
    actor,
    action: op.action,
    datatype: op.datatype ?? null,
    value: op.value ?? null,
    added: 0,
  }
}
