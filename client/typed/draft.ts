/** A draft: what a person's change is written to. It reads as the record would, and collects field operations. */
import type { Json, JsonObject } from '../../shared/json.ts'
import { canonicalJson, isJsonArray, isJsonObject } from '../../shared/json.ts'
import { applyOp } from '../../shared/policies/apply-op.ts'
import { checkFieldOps } from '../../shared/policies/check-field-ops.ts'
import type { FieldOp } from '../../shared/record/field-op.ts'
import type { FieldSpec } from '../../shared/schema/field-spec.ts'
import { isContainer } from '../../shared/schema/field-spec.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import type { CounterDraft, ListDraft, MapDraft, SetDraft } from './draft-types.ts'

/**
 * The operations that `write` asks for; of several assignments to a register the last one.
 * @param fields the record as its author sees it.
 * @throws SluiceError if a value does not fit its field: nothing of the change is kept then.
 */
export function draftOps(
  collection: CollectionSpec,
  fields: JsonObject,
  write: (draft: object) => void,
): readonly FieldOp[] {
  const drafting = new Drafting(collection, fields)
  const draft = {}
  for (const [name, spec] of collection.fields)
    Object.defineProperty(draft, name, { enumerable: true, ...propertyOf(drafting, name, spec) })
  write(Object.freeze(draft))
  return drafting.close()
}

class Drafting {
  readonly #collection: CollectionSpec
  readonly #values: Record<string, Json>
  #ops: FieldOp[] = []
  #isOpen = true

  constructor(collection: CollectionSpec, fields: JsonObject) {
    this.#collection = collection
    this.#values = { ...fields }
  }

  read(field: string): Json {
    return this.#values[field] ?? null
  }

  write(spec: FieldSpec, op: FieldOp): void {
    if (!this.#isOpen) throw new RangeError('the change is made: its draft takes nothing any more')
    const problem = checkFieldOps(this.#collection, [op])
    if (problem !== null) throw problem
    if (op.type === 'set' && !isContainer(spec))
      this.#ops = this.#ops.filter(({ field }) => field !== op.field)
    this.#ops.push(op)
    this.#values[op.field] = applyOp(spec, this.read(op.field), op)
  }

  close(): readonly FieldOp[] {
    this.#isOpen = false
    return this.#ops
  }
}

function propertyOf(drafting: Drafting, field: string, spec: FieldSpec): PropertyDescriptor {
  switch (spec.kind) {
    case 'counter':
      return { value: counterDraft(drafting, field, spec) }
    case 'set':
      return { value: setDraft(drafting, field, spec) }
    case 'list':
      return { value: listDraft(drafting, field, spec) }
    case 'map':
      return { value: mapDraft(drafting, field, spec) }
    default:
      return {
        get: () => drafting.read(field),
        set: (value: Json | undefined) => {
          if (value === undefined)
            throw new RangeError(`${field}: null clears a field, undefined says nothing`)
          drafting.write(spec, { type: 'set', field, value })
        },
      }
  }
}

function counterDraft(drafting: Drafting, field: string, spec: FieldSpec): CounterDraft {
  const add = (amount: number): void => drafting.write(spec, { type: 'increment', field, amount })
  return Object.freeze({
    get value() {
      return Number(drafting.read(field))
    },
    increment: (amount = 1) => add(amount),
    decrement: (amount = 1) => add(-amount),
    reset: (value: number) => drafting.write(spec, { type: 'set', field, value }),
  })
}

const itemsIn = (drafting: Drafting, field: string): readonly Json[] => {
  const value = drafting.read(field)
  return isJsonArray(value) ? value : []
}

function setDraft(drafting: Drafting, field: string, spec: FieldSpec): SetDraft<Json> {
  return Object.freeze({
    get values() {
      return itemsIn(drafting, field)
    },
    has: (item: Json) => itemsIn(drafting, field).some((one) => canonicalJson(one) === canonicalJson(item)),
    add: (...items: Json[]) => drafting.write(spec, { type: 'add', field, items }),
    delete: (...items: Json[]) => drafting.write(spec, { type: 'remove', field, items }),
    replace: (items: readonly Json[]) => drafting.write(spec, { type: 'set', field, value: items }),
  })
}

function listDraft(drafting: Drafting, field: string, spec: FieldSpec): ListDraft<Json> {
  return Object.freeze({
    get values() {
      return itemsIn(drafting, field)
    },
    push: (...items: Json[]) => drafting.write(spec, { type: 'add', field, items }),
    remove: (...items: Json[]) => drafting.write(spec, { type: 'remove', field, items }),
    replace: (items: readonly Json[]) => drafting.write(spec, { type: 'set', field, value: items }),
  })
}

function mapDraft(drafting: Drafting, field: string, spec: FieldSpec): MapDraft<Json> {
  const values = (): JsonObject => {
    const value = drafting.read(field)
    return isJsonObject(value) ? value : {}
  }
  const merge = (key: string, value: Json): void =>
    drafting.write(spec, { type: 'merge', field, members: { [key]: value } })
  return Object.freeze({
    get values() {
      return values()
    },
    get: (key: string) => values()[key],
    set: merge,
    delete: (key: string) => merge(key, null),
  })
}
