/**
 * Vets the operations of one decoded change, one after the other, as the library would apply them: each names
 * an object, a place in it and what it overwrites there, and all of that must exist in what the change's
 * author had seen. The library itself trusts every one of these names: a wrong one makes it panic, or makes a
 * document that saves and never loads again.
 */
import type { DecodedChange } from '@automerge/automerge'
import { DELETED_KEY, isReservedKey } from '../../shared/record/reserved-keys.ts'
import type { AutomergeLimits } from './automerge-limits.ts'
import type { BatchHistory, Place } from './batch-history.ts'
import { placeMadeBy } from './batch-history.ts'
import type { DecodedOp, KnownOp } from './known-history.ts'
import { opsOf, parseOpId } from './known-history.ts'
import { valueProblem } from './vet-value.ts'

export interface OpRules {
  readonly limits: AutomergeLimits
  /** A genesis change may write the root keys that belong to the server. */
  readonly mayWriteReservedKeys: boolean
}

/** @returns the reason to refuse the change, or null. */
export function opsProblem(change: DecodedChange, history: BatchHistory, rules: OpRules): string | null {
  const vetting = new OpVetting(change, history, rules)
  for (let index = 0; index < change.ops.length; index++) {
    const problem = vetting.problemAt(index)
    if (problem !== null) return `operation ${index + 1}: ${problem}`
  }
  return null
}

type FoundOp = KnownOp['op']

/** An object is found by its id alone. */
const NOWHERE = { obj: '' } as const

const UNSAFE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

class OpVetting {
  readonly #change: DecodedChange
  readonly #ops: readonly DecodedOp[]
  readonly #history: BatchHistory
  readonly #rules: OpRules
  /** Objects that this change makes. */
  readonly #madeHere = new Map<string, Place>()
  /** Slot → the id of the value that this change has put there and not taken away again. */
  readonly #putHere = new Map<string, string>()
  readonly #seenChanges = new Set<string>()
  #depthSum = 0

  constructor(change: DecodedChange, history: BatchHistory, rules: OpRules) {
    this.#change = change
    this.#ops = opsOf(change)
    this.#history = history
    this.#rules = rules
  }

  problemAt(index: number): string | null {
    const op = this.#ops[index]
    if (op === undefined) throw new RangeError(`no operation ${index}`)
    const place = this.#placeOf(op.obj, index)
    if (place === undefined) return `an object that its author cannot have seen: ${op.obj}`
    this.#depthSum += place.depth
    if (this.#depthSum > this.#rules.limits.depthSumMax) return 'too many operations too deep in the record'
    const problem =
      (place.kind === 'map' ? keyProblem(op) : this.#elementProblem(op, place.kind, index)) ??
      (this.#rules.mayWriteReservedKeys ? null : reservedProblem(op, place)) ??
      valueProblem(op, place.kind) ??
      this.#predProblem(op, index)
    return problem ?? this.#enter(op, place, index)
  }

  #placeOf(objectId: string, index: number): Place | undefined {
    const here = this.#madeHere.get(objectId)
    if (here !== undefined || objectId === '_root') return here ?? this.#history.placeOf(objectId)
    const isSeen = this.#find(objectId, index, NOWHERE) !== undefined
    return isSeen ? this.#history.placeOf(objectId) : undefined
  }

  /**
   * An operation that comes before the one at `index`: in this change, or in one that its author had seen.
   * @param at where it is expected to stand.
   */
  #find(opId: string, index: number, at: Pick<DecodedOp, 'obj' | 'key'>): FoundOp | undefined {
    const { counter, actor } = parseOpId(opId)
    const { startOp } = this.#change
    if (actor === this.#change.actor && counter >= startOp)
      return counter < startOp + index ? this.#ops[counter - startOp] : undefined
    const found = this.#history.op(opId, at)
    return found !== undefined && this.#hasSeen(found.change) ? found.op : undefined
  }

  #hasSeen({ hash, actor, seq }: KnownOp['change']): boolean {
    if (actor === this.#change.actor || this.#seenChanges.has(hash)) return true
    const hasSeen = this.#change.deps.some((dep) => dep === hash || this.#history.sees(dep, actor, seq))
    if (hasSeen) this.#seenChanges.add(hash)
    return hasSeen
  }

  #elementProblem(op: DecodedOp, kind: 'list' | 'text', index: number): string | null {
    if (op.elemId === undefined) return 'a key in a list or text'
    if (op.elemId === '_head') return op.insert === true ? null : 'the head of a list is no element'
    const element = this.#find(op.elemId, index, op)
    if (element?.insert !== true || element.obj !== op.obj)
      return `an element that its author cannot have seen: ${op.elemId}`
    const isUpdate = op.insert !== true && op.action !== 'del'
    return isUpdate && kind === 'text' ? 'a change to a character in place' : null
  }

  #predProblem(op: DecodedOp, index: number): string | null {
    if (op.insert === true) return insertProblem(op)
    const slot = slotOf(op)
    let hitsCounter = false
    for (const pred of op.pred) {
      const target = this.#find(pred, index, op)
      if (target === undefined) return `a predecessor that its author cannot have seen: ${pred}`
      if (target.action === 'del' || target.action === 'inc') return `a predecessor that is no value: ${pred}`
      const isSameSlot = target.obj === op.obj && slotOf(target, pred) === slot
      if (!isSameSlot) return `a predecessor in another place: ${pred}`
      hitsCounter ||= target.datatype === 'counter'
    }
    const own = this.#putHere.get(slot)
    if (own !== undefined && !op.pred.includes(own)) return 'a second value beside its own first one'
    if (op.action === 'del' && op.pred.length === 0) return 'a deletion of nothing'
    return op.action === 'inc' && !hitsCounter ? 'an increment of what is no counter' : null
  }

  /** Notes what the operation leaves behind for those after it. */
  #enter(op: DecodedOp, place: Place, index: number): string | null {
    if (op.action === 'inc') return null
    const id = `${this.#change.startOp + index}@${this.#change.actor}`
    const slot = slotOf(op, id)
    if (op.action === 'del') this.#putHere.delete(slot)
    else this.#putHere.set(slot, id)
    const made = placeMadeBy(op, place)
    if (made === undefined) return null
    const { depthMax } = this.#rules.limits
    if (made.depth > depthMax) return `objects nested deeper than ${depthMax}`
    this.#madeHere.set(id, made)
    return null
  }
}

/** What an operation writes to: a key of a map, or the element that an insertion has made. */
function slotOf(op: FoundOp, id = ''): string {
  return op.key === undefined ? `${op.obj} ${op.insert === true ? id : op.elemId}` : `${op.obj}/${op.key}`
}

function insertProblem({ action, pred }: DecodedOp): string | null {
  if (action === 'del' || action === 'inc') return 'an insertion of no value'
  return pred.length === 0 ? null : 'an insertion that overwrites something'
}

function keyProblem({ key, insert }: DecodedOp): string | null {
  if (key === undefined || insert === true) return 'an element in a map'
  if (key === '') return 'an empty key'
  return UNSAFE_KEYS.has(key) ? `a key that is not safe in JavaScript: ${key}` : null
}

/** Root keys that start with `_` are the server's; of these a client may only say whether a record is deleted. */
function reservedProblem(op: DecodedOp, place: Place): string | null {
  const rootKey = place.rootKey ?? op.key
  if (rootKey === undefined || !isReservedKey(rootKey)) return null
  const saysDeleted =
    rootKey === DELETED_KEY && place.depth === 0 && op.action === 'set' && typeof op.value === 'boolean'
  return saysDeleted ? null : `${rootKey} belongs to the server`
}
