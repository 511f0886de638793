/** What a field operation asks for, as the change log tells it where it was refused. */
import type { Json } from '../json.ts'
import type { FieldOperation } from './field-change.ts'
import type { FieldOp } from './field-op.ts'

/** What an operation asks for, as the log shows it (`FieldChange`). */
export interface AskedWrite {
  readonly field: string
  readonly operation: FieldOperation
  readonly value: Json
  /** Of an edit alone: what it was to take out. */
  readonly removed?: Json
}

export function askedFor(op: FieldOp): AskedWrite {
  const { field } = op
  switch (op.type) {
    case 'set':
      return { field, operation: 'set', value: op.value }
    case 'increment':
      return { field, operation: 'increment', value: op.amount }
    case 'add':
      return { field, operation: 'edit', value: op.items, removed: [] }
    case 'remove':
      return { field, operation: 'edit', value: [], removed: op.items }
    case 'merge': {
      const members = Object.entries(op.members)
      const value = Object.fromEntries(members.filter(([, member]) => member !== null))
      const removed = Object.fromEntries(members.filter(([, member]) => member === null))
      return { field, operation: 'edit', value, removed }
    }
  }
}
