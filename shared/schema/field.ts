/**
 * The field builders behind `s`: `s.string().critical().required()`. A builder is immutable; every method
 * returns a new one, so that a field can be shared between collections. Its type parameter is the type of
 * the value that a reader sees.
 */
import type { Json } from '../json.ts'
import type { AccessRules } from './access.ts'
import type {
  Bounds,
  CriticalRule,
  DeclaredField,
  FieldKind,
  LwwOrder,
  Source,
  Transitions,
} from './field-spec.ts'
import { HELD, plainSpec } from './field-spec.ts'
import type { FieldCheck, FieldGuard } from './rules.ts'

export class Field<Value, Present extends boolean = false, Kind extends FieldKind = FieldKind> {
  /** Type-level only: carries `Value` and `Present` for `InferRecord`. */
  declare readonly infer: { readonly value: Value; readonly present: Present; readonly kind: Kind }
  readonly spec: DeclaredField

  constructor(spec: DeclaredField) {
    this.spec = spec
  }

  /** Competing writes to this field are held for a person instead of being merged (C4). */
  critical(rule: Partial<CriticalRule> = {}): Field<Value, Present, Kind> {
    return new Field({ ...this.spec, critical: { ...HELD, ...rule } })
  }

  /** Which of two writes that did not see each other wins. Default: the one that is committed later. */
  lww(rule: { readonly by: LwwOrder }): Field<Value, Present, Kind> {
    return new Field({ ...this.spec, lww: rule.by })
  }

  /**
   * Of two writes that did not see each other, the one from the source listed first wins, for example
   * `.prefer('metadata.source', ['mobile', 'web'])` or `.prefer('role', ['doctor', 'nurse'])`; `lww` among equals.
   */
  prefer(source: Source, order: readonly string[]): Field<Value, Present, Kind> {
    return new Field({ ...this.spec, prefer: { source, order } })
  }

  /** A record without a value for this field is refused, unless the field has a default. */
  required(): Field<Value, true, Kind> {
    return new Field({ ...this.spec, required: true })
  }

  /** The value shown while nobody has written the field. */
  default(value: Value & Json): Field<Value, true, Kind> {
    return new Field({ ...this.spec, default: value })
  }

  /** Written once: later writes are rejected, and of two first ones the earlier received stays. */
  immutable(): Field<Value, Present, Kind> {
    return new Field({ ...this.spec, immutable: true })
  }

  /** Writes for which the rule says false are rejected with `not_writable`. */
  writable(rule: FieldGuard<Value>): Field<Value, Present, Kind> {
    return new Field({ ...this.spec, writable: rule as FieldGuard })
  }

  /** Values for which the rule does not say true are rejected with `check_failed`. */
  check(rule: FieldCheck<Value>): Field<Value, Present, Kind> {
    return new Field({ ...this.spec, check: rule as FieldCheck })
  }

  /**
   * Who may read and write it, and resolve its conflicts (A1), beside what the collection asks: a list of roles, or
   * a function for the record at hand, for example `.access({ read: ['doctor', 'nurse'], write: ['doctor'] })`.
   */
  access(rules: AccessRules): Field<Value, Present, Kind> {
    return new Field({ ...this.spec, access: { ...this.spec.access, ...rules } })
  }

  /** Entering one of these values fires its event, once, however many clients enter it at once. */
  emits(events: Readonly<Partial<Record<Value & string, string>>>): Field<Value, Present, Kind> {
    return new Field({ ...this.spec, emits: { ...this.spec.emits, ...events } })
  }
}

/** The vocabulary of field types. */
export const s = {
  string: (): Field<string, false, 'string'> => new Field(plainSpec('string')),
  number: (bounds: Partial<Bounds> = {}): Field<number, false, 'number'> =>
    new Field({ ...plainSpec('number'), bounds: boundsOf(bounds) }),
  boolean: (): Field<boolean, false, 'boolean'> => new Field(plainSpec('boolean')),
  /** A UTC instant as an ISO 8601 string, for example `2026-03-01T09:30:00.000Z`. */
  date: (): Field<string, false, 'date'> => new Field(plainSpec('date')),
  enum: <const Values extends readonly [string, ...string[]]>(
    values: Values,
  ): Field<Values[number], false, 'enum'> => new Field({ ...plainSpec('enum'), values }),
  /**
   * A value that moves along declared transitions; a record starts in the first state. Other transitions are
   * rejected, and of two legal ones that did not see each other the state declared later wins.
   */
  states: <const T extends Transitions>(
    transitions: T & { readonly [State in keyof T]: readonly (keyof T & string)[] },
  ): Field<keyof T & string, true, 'enum'> => {
    const values = Object.keys(transitions)
    return new Field({ ...plainSpec('enum'), values, transitions, default: values[0] })
  },
  /** Any JSON value, replaced as a whole. */
  json: <Value extends Json = Json>(): Field<Value, false, 'json'> => new Field(plainSpec('json')),
  /** A whole number that is changed by increments; concurrent increments add up, within bounds if it has some. */
  counter: (bounds: Partial<Bounds> = {}): Field<number, true, 'counter'> =>
    new Field({ ...plainSpec('counter'), bounds: boundsOf(bounds) }),
  /** Distinct strings or numbers; a concurrent add wins over a remove. */
  set: <Value extends string | number>(
    item: Field<Value, boolean, FieldKind>,
  ): Field<readonly Value[], true, 'set'> => new Field({ ...plainSpec('set'), item: item.spec }),
  list: <Value>(item: Field<Value, boolean, FieldKind>): Field<readonly Value[], true, 'list'> =>
    new Field({ ...plainSpec('list'), item: item.spec }),
  map: <Value>(item: Field<Value, boolean, FieldKind>): Field<Readonly<Record<string, Value>>, true, 'map'> =>
    new Field({ ...plainSpec('map'), item: item.spec }),
  /** Collaborative rich text: a Yjs root type of the field's name. */
  text: (): Field<string, true, 'text'> => new Field(plainSpec('text')),
}

const boundsOf = ({ min = null, max = null }: Partial<Bounds>): Bounds | null =>
  min === null && max === null ? null : { min, max }
