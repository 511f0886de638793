/**
 * Records what a change writes as operations, without the library's document: a stand-in for the root that an Automerge
 * change callback is given. It knows what the server writes most: scalars, counters and maps. Lists that hold something
 * and texts are for the library.
 */
import type { DecodedChange } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'
import type { LiveOp, LiveValues } from './live-values.ts'
import { ELSEWHERE, idOf, LiveEdit, ROOT, UNTOLD, winnerOf } from './live-values.ts'
import type { PlanSteps } from './plan-steps.ts'
import type { Target, Writing } from './record-document.ts'

type Op = DecodedChange['ops'][number]

/** Thrown out of the callback: the change is to be made on the library's document. */
class Unrecordable extends Error {}

interface Recording {
  readonly actor: string
  readonly startOp: number
}

/** @returns the operations; null if the change has to be made on the library's document. */
export function* recordOps(
  live: LiveValues,
  recording: Recording,
  write: Writing,
): PlanSteps<readonly Op[] | null> {
  const recorder = new Recorder(live, recording)
  try {
    yield* write(recorder.map(ROOT))
  } catch (error) {
    if (error instanceof Unrecordable) return null
    throw error
  }
  return recorder.ops
}

interface Scalar {
  /** The library's type leaves null out. */
  readonly value: string | number | boolean | null
  readonly datatype?: string
}

/** As the library takes it. */
const toOp = (op: Omit<Op, 'value'> & { readonly value?: Scalar['value'] }): Op => op as Op

class Recorder {
  readonly ops: Op[] = []
  readonly #edit: LiveEdit
  readonly #recording: Recording

  constructor(live: LiveValues, recording: Recording) {
    this.#edit = new LiveEdit(live)
    this.#recording = recording
  }

  /** A map as the callback sees it: what it reads is what it has written so far. */
  map(objectId: string): Target {
    const keys = (): readonly string[] => {
      const all = this.#edit.values.keys(objectId)
      for (const key of all) this.#slot(objectId, key)
      return all
    }
    return new Proxy<Target>(
      {},
      {
        get: (_, key) => (typeof key === 'string' ? this.#read(objectId, key) : undefined),
        set: (_, key, value) => this.#set(objectId, String(key), value),
        deleteProperty: (_, key) => this.#delete(objectId, String(key)),
        has: (_, key) => keys().includes(String(key)),
        ownKeys: () => [...keys()],
        getOwnPropertyDescriptor: (_, key) => {
          const value = typeof key === 'string' ? this.#read(objectId, key) : undefined
          return value === undefined ? undefined : { configurable: true, enumerable: true, value }
        },
      },
    )
  }

  #slot(objectId: string, key: string): readonly LiveOp[] {
    const slot = this.#edit.values.slot(objectId, key)
    if (slot.includes(UNTOLD)) throw new Unrecordable()
    return slot
  }

  #read(objectId: string, key: string): unknown {
    const slot = this.#slot(objectId, key)
    const op = winnerOf(slot)
    if (op === undefined) return undefined
    if (op.action === 'makeMap') return this.map(idOf(op))
    const value = this.#edit.values.value(objectId, key)
    if (value === ELSEWHERE || op.action !== 'set') throw new Unrecordable()
    if (value instanceof Automerge.Counter)
      return new RecordedCounter(value.value, (amount) => {
        const pred = slot.filter(({ datatype }) => datatype === 'counter').map(idOf)
        this.#enter({ action: 'inc', obj: objectId, key, value: amount, pred })
      })
    return value
  }

  #set(objectId: string, key: string, value: unknown): boolean {
    const slot = this.#slot(objectId, key)
    const pred = slot.map(idOf)
    const scalar = scalarOf(value)
    if (scalar !== null) {
      // As the library does: saying what stands there alone already is no change.
      if (!isSame(slot, scalar)) this.#enter(toOp({ action: 'set', obj: objectId, key, ...scalar, pred }))
      return true
    }
    if (Array.isArray(value) && value.length === 0) {
      this.#enter({ action: 'makeList', obj: objectId, key, pred })
      return true
    }
    if (!isPlainObject(value)) throw new Unrecordable()
    const made = this.#enter({ action: 'makeMap', obj: objectId, key, pred })
    for (const member of Object.keys(value).sort()) this.#set(made, member, value[member])
    return true
  }

  #delete(objectId: string, key: string): boolean {
    const pred = this.#slot(objectId, key).map(idOf)
    if (pred.length > 0) this.#enter({ action: 'del', obj: objectId, key, pred })
    return true
  }

  /** @returns the operation's id. */
  #enter(op: Op): string {
    const { actor, startOp } = this.#recording
    const counter = startOp + this.ops.length
    this.ops.push(op.pred.length < 2 ? op : { ...op, pred: [...op.pred].sort(byOpId) })
    this.#edit.apply(op, counter, actor)
    return `${counter}@${actor}`
  }
}

class RecordedCounter extends Automerge.Counter {
  readonly #add: (amount: number) => void

  constructor(value: number, add: (amount: number) => void) {
    super(value)
    this.#add = add
  }

  override increment(amount: number): number {
    this.#add(amount)
    this.value += amount
    return this.value
  }

  override decrement(amount: number): number {
    return this.increment(-amount)
  }
}

/** @returns null for what is none, or none that is recorded here. */
function scalarOf(value: unknown): Scalar | null {
  if (value === null || typeof value === 'boolean') return { value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value)
      ? { value: value === 0 ? 0 : value, datatype: 'int' }
      : { value, datatype: 'float64' }
  if (Automerge.isImmutableString(value)) return { value: value.toString() }
  if (value instanceof Automerge.Counter) return { value: value.value, datatype: 'counter' }
  if (value instanceof Date) return { value: value.getTime(), datatype: 'timestamp' }
  return null
}

const isSame = ([only, ...others]: readonly LiveOp[], { value, datatype }: Scalar): boolean =>
  only !== undefined &&
  others.length === 0 &&
  only.action === 'set' &&
  datatype !== 'counter' &&
  only.datatype === (datatype ?? null) &&
  only.value === value

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** In which a change names what it overwrites. */
function byOpId(a: string, b: string): number {
  const [counterA, counterB] = [Number.parseInt(a, 10), Number.parseInt(b, 10)]
  if (counterA !== counterB) return counterA - counterB
  return a < b ? -1 : 1
}
