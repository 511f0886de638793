/**
 * The field builders behind `s`: `s.string().critical().required()`. A builder is immutable; every method
 * returns a new one, so that a field can be shared between collections. Its type parameter is the type of
 * the value that a reader sees.
 */
import type { Json } from '../json.ts'
import type { CriticalRule, FieldKind, FieldSpec } from './field-spec.ts'

export class Field<Value, Present extends boolean = false, Kind extends FieldKind = FieldKind> {
  /** Type-level only: carries `Value` and `Present` for `InferRecord`. */
  declare readonly infer: { readonly value: Value; readonly present: Present; readonly kind: Kind }
  readonly spec: FieldSpec

  constructor(spec: FieldSpec) {
    this.spec = spec
  }

  /** Competing writes to this field are held for a person instead of being merged (C4). */
  critical(rule: Partial<CriticalRule> = {}): Field<Value, Present, Kind> {
    return new Field({ ...this.spec, critical: { resolvers: rule.resolvers ?? [] } })
  }

  /** A record without a value for this field is refused, unless the field has a default. */
  required(): Field<Value, true, Kind> {
    return new Field({ ...this.spec, required: true })
  }

  /** The value shown while nobody has written the field. */
  default(value: Value & Json): Field<Value, true, Kind> {
    return new Field({ ...this.spec, default: value })
  }
}

const blank = { critical: null, required: false, default: undefined, values: [], item: null } as const

/** The vocabulary of field types. */
export const s = {
  string: (): Field<string, false, 'string'> => new Field({ ...blank, kind: 'string' }),
  number: (): Field<number, false, 'number'> => new Field({ ...blank, kind: 'number' }),
  boolean: (): Field<boolean, false, 'boolean'> => new Field({ ...blank, kind: 'boolean' }),
  /** A UTC instant as an ISO 8601 string, for example `2026-03-01T09:30:00.000Z`. */
  date: (): Field<string, false, 'date'> => new Field({ ...blank, kind: 'date' }),
  enum: <const Values extends readonly [string, ...string[]]>(
    values: Values,
  ): Field<Values[number], false, 'enum'> => new Field({ ...blank, kind: 'enum', values }),
  /** Any JSON value, replaced as a whole. */
  json: <Value extends Json = Json>(): Field<Value, false, 'json'> => new Field({ ...blank, kind: 'json' }),
  /** A number that is changed by increments; concurrent increments add up. */
  counter: (): Field<number, true, 'counter'> => new Field({ ...blank, kind: 'counter' }),
  /** Distinct strings or numbers; a concurrent add wins over a remove. */
  set: <Value extends string | number>(
    item: Field<Value, boolean, FieldKind>,
  ): Field<readonly Value[], true, 'set'> => new Field({ ...blank, kind: 'set', item: item.spec }),
  list: <Value>(item: Field<Value, boolean, FieldKind>): Field<readonly Value[], true, 'list'> =>
    new Field({ ...blank, kind: 'list', item: item.spec }),
  map: <Value>(item: Field<Value, boolean, FieldKind>): Field<Readonly<Record<string, Value>>, true, 'map'> =>
    new Field({ ...blank, kind: 'map', item: item.spec }),
  /** Collaborative rich text: a Yjs root type of the field's name. */
  text: (): Field<string, true, 'text'> => new Field({ ...blank, kind: 'text' }),
}
