/**
 * What a document's operations have left in force, kept beside the library's document, which so need not be in memory
 * to answer what most plans ask: the values under the root's keys, and the operations that the next ones overwrite. A
 * value that is never changed in place.
 *
 * Maps are followed to any depth. Of lists and texts only the empty ones are known: where one has been written to, the
 * library is to be asked.
 */
import type { DecodedChange } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'
import { LayeredMap } from './layered-map.ts'
import type { OverwrittenValue } from './overwritten-values.ts'

type Op = DecodedChange['ops'][number]

/** An operation that put something there which none has overwritten. */
export interface LiveOp {
  readonly counter: number
  readonly actor: string
  readonly action: string
  /** As the library's decoder names it; null where that tells none. */
  readonly datatype: string | null
  /** Of a scalar, as the decoder gives it. */
  readonly value: unknown
  /** Sum of the increments of a counter. */
  readonly added: number
}

/** The values that compete under each key of a map. */
export type Slots = LayeredMap<string, readonly LiveOp[]>

export interface LiveObject {
  readonly kind: 'map' | 'list' | 'text'
  /** Where it stands; null for the root. */
  readonly place: { readonly parent: string; readonly key: string } | null
  /** Of a map. */
  readonly slots: Slots
  /** A list or text that does not stand as it was made. */
  readonly isWritten: boolean
}

/** The library has to be asked. */
export const ELSEWHERE: unique symbol = Symbol('elsewhere')

export const ROOT = '_root'

/** Stands among the values that competed under a key at an earlier point: there may have been others. */
export const UNTOLD: LiveOp = {
  counter: 0,
  actor: '',
  action: 'untold',
  datatype: null,
  value: null,
  added: 0,
}

type Objects = LayeredMap<string, LiveObject>

const EMPTY_ROOT: LiveObject = { kind: 'map', place: null, slots: LayeredMap.of(), isWritten: false }

export class LiveValues {
  readonly objects: Objects

  constructor(objects: Objects = LayeredMap.of([[ROOT, EMPTY_ROOT]])) {
    this.objects = objects
  }

  /** What is in force after a change whose dependencies have been taken in. */
  after({ actor, startOp, ops }: Pick<DecodedChange, 'actor' | 'startOp' | 'ops'>): LiveValues {
    const edit = new LiveEdit(this)
    for (const [index, op] of ops.entries()) edit.apply(op, startOp + index, actor)
    return edit.done()
  }

  /** The scalars that stand here and that a change overwrites, but for counters, whose sum is another one at other points. */
  overwrittenBy({ ops }: Pick<DecodedChange, 'ops'>): readonly OverwrittenValue[] {
    return ops.flatMap(({ action, obj, pred, ...rest }) => {
      if (action === 'inc' || pred.length === 0 || !('key' in rest)) return []
      const key = String(rest.key)
      const isOver = (op: LiveOp): boolean =>
        op.action === 'set' && op.datatype !== 'counter' && pred.includes(idOf(op))
      return this.slot(obj, key).flatMap((op) => (isOver(op) ? [{ op, obj, key }] : []))
    })
  }

  /** Whether all that a change writes to is known here: it puts scalars into maps, or takes values out of them. */
  knows({ ops }: Pick<DecodedChange, 'ops'>): boolean {
    return ops.every(({ obj, action }) => PLAIN_ACTIONS.has(action) && this.objects.get(obj)?.kind === 'map')
  }

  /** The object that stands under a key of a map; undefined if none does. */
  objectAt(objectId: string, key: string): string | undefined {
    const op = winnerOf(this.slot(objectId, key))
    return op === undefined || op.action === 'set' ? undefined : idOf(op)
  }

  /** The key of a map under which another object lies, directly or further below; undefined if that is not known. */
  keyAbove(objectId: string, map: string): string | undefined {
    const place = this.objects.get(objectId)?.place
    if (place == null) return undefined
    return place.parent === map ? place.key : this.keyAbove(place.parent, map)
  }

  /** The keys of a map under which something stands, in the order in which the library gives them. */
  keys(objectId: string): readonly string[] {
    return Array.from(this.objects.get(objectId)?.slots ?? [], ([key]) => key).sort(byCodePoint)
  }

  /** The values that compete under a key of a map. */
  slot(objectId: string, key: string): readonly LiveOp[] {
    return this.objects.get(objectId)?.slots.get(key) ?? NOTHING
  }

  /** What stands under a key of a map, as the library hands it out; undefined if nothing does. */
  value(objectId: string, key: string): unknown {
    const slot = this.slot(objectId, key)
    const op = winnerOf(slot)
    if (op === undefined) return undefined
    if (slot.includes(UNTOLD)) return ELSEWHERE
    return op.action === 'set' ? scalarOf(op) : this.#object(idOf(op))
  }

  #object(objectId: string): unknown {
    const object = this.objects.get(objectId)
    if (object === undefined || object.isWritten) return ELSEWHERE
    if (object.kind !== 'map') return object.kind === 'list' ? [] : ''
    const members: Record<string, unknown> = {}
    for (const key of this.keys(objectId)) {
      const member = this.value(objectId, key)
      if (member === ELSEWHERE) return ELSEWHERE
      members[key] = member
    }
    return members
  }
}

/** `LiveValues` while operations are applied, one after the other. */
export class LiveEdit {
  readonly #objects: Objects
  /** Objects whose slots are of this edit alone. */
  readonly #own = new Map<string, Slots>()

  constructor({ objects }: LiveValues) {
    this.#objects = objects.fork()
  }

  /** What is in force so far. To be asked no more once something else has been applied. */
  get values(): LiveValues {
    return new LiveValues(this.#objects)
  }

  done(): LiveValues {
    return new LiveValues(this.#objects)
  }

  /** An operation `counter@actor`; those whose object has gone, or is inside a list, are for the library alone. */
  apply(op: Op, counter: number, actor: string): void {
    const object = this.#objects.get(op.obj)
    if (object === undefined) return
    const key = (op as { readonly key?: string }).key
    if (object.kind !== 'map' || key === undefined) {
      this.#objects.set(op.obj, { ...object, isWritten: true })
      return
    }
    const slots = this.#slotsOf(op.obj, object)
    const before = slots.get(key) ?? NOTHING
    const after = op.action === 'inc' ? incremented(before, op) : this.#overwritten(before, op)
    if (op.action !== 'inc' && op.action !== 'del') after.push(this.#put(op, counter, actor, key))
    if (after.length === 0) slots.delete(key)
    else slots.set(key, after)
  }

  #slotsOf(objectId: string, object: LiveObject): Slots {
    const own = this.#own.get(objectId)
    if (own !== undefined) return own
    const slots = object.slots.fork()
    this.#own.set(objectId, slots)
    this.#objects.set(objectId, { ...object, slots })
    return slots
  }

  #overwritten(before: readonly LiveOp[], { pred }: Op): LiveOp[] {
    return before.filter((op) => {
      const isOver = pred.includes(idOf(op))
      if (isOver && op.action !== 'set') this.#forget(idOf(op))
      return !isOver
    })
  }

  #put(op: Op, counter: number, actor: string, key: string): LiveOp {
    const { action, datatype = null, value = null } = op
    const kind = KIND_MADE.get(action)
    if (kind !== undefined) {
      const place = { parent: op.obj, key }
      this.#objects.set(`${counter}@${actor}`, { kind, place, slots: LayeredMap.of(), isWritten: false })
    }
    return { counter, actor, action, datatype, value, added: 0 }
  }

  /** Nothing brings back what hung under a value that was overwritten. */
  #forget(objectId: string): void {
    const object = this.#objects.get(objectId)
    if (object === undefined) return
    this.#objects.delete(objectId)
    this.#own.delete(objectId)
    for (const [, ops] of object.slots) for (const op of ops) if (op.action !== 'set') this.#forget(idOf(op))
  }
}

const NOTHING: readonly LiveOp[] = []

const PLAIN_ACTIONS: ReadonlySet<string> = new Set(['set', 'del', 'inc'])

const KIND_MADE: ReadonlyMap<string, LiveObject['kind']> = new Map([
  ['makeMap', 'map'],
  ['makeList', 'list'],
  ['makeText', 'text'],
])

export const idOf = ({ counter, actor }: Pick<LiveOp, 'counter' | 'actor'>): string => `${counter}@${actor}`

/** Counters stand, with the amount added; any other value that is incremented does not stand any more. */
const incremented = (before: readonly LiveOp[], { pred, value }: Op): LiveOp[] =>
  before.flatMap((op) => {
    if (!pred.includes(idOf(op))) return [op]
    return op.datatype === 'counter' ? [{ ...op, added: op.added + Number(value ?? 0) }] : []
  })

/** Of values that compete the library shows the one with the latest operation, and of two as late the higher actor's. */
export function winnerOf(ops: readonly LiveOp[]): LiveOp | undefined {
  let winner = ops[0]
  for (const op of ops)
    if (
      winner !== undefined &&
      (op.counter > winner.counter || (op.counter === winner.counter && op.actor > winner.actor))
    )
      winner = op
  return winner
}

function scalarOf({ datatype, value, added }: LiveOp): unknown {
  if (typeof value === 'string') return new Automerge.ImmutableString(value)
  if (datatype === 'counter') return new Automerge.Counter(Number(value) + added)
  if (datatype === 'timestamp') return new Date(Number(value))
  return value
}

const SURROGATE = /[\ud800-\udfff]/

/** The library orders keys by their UTF-8, which differs from JavaScript's order beyond the basic plane only. */
export function byCodePoint(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : a > b ? 1 : 0
}
