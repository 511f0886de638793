/** The orders in which records can be listed, each with the cursor that goes on in it. */
import type { RecordOrder } from '../storage.ts'
import type { CursorPart } from './cursor.ts'
import { decodeCursor } from './cursor.ts'
import { quoted } from './sql-identifier.ts'

/** What a cursor is made of: the value by which a row stands where it stands; null if it has none. */
export interface OrderedRow {
  readonly id: string
  readonly order_value: string | number | null
}

interface SqlOrder {
  readonly column: string
  readonly by: string
  readonly position: (row: OrderedRow) => readonly CursorPart[]
  /** @throws SluiceError `bad_request` for a cursor of another order. */
  readonly after: (cursor: string) => { readonly sql: string; readonly operands: readonly CursorPart[] }
}

export function orderOf(order: RecordOrder | undefined): SqlOrder {
  return order === undefined ? byId : byField(order)
}

const byId: SqlOrder = {
  column: 'NULL',
  by: 'r.id',
  position: ({ id }) => [id],
  after: (cursor) => ({ sql: ' AND r.id > ?', operands: decodeCursor(cursor, ['string']) }),
}

function byField({ field, descending }: RecordOrder): SqlOrder {
  const column = `t.${quoted(field)}`
  return {
    column,
    by: `${column} IS NULL, ${column}${descending ? ' DESC' : ''}, r.id`,
    // The value as JSON, so that a text, a number and no value are told apart.
    position: ({ order_value, id }) => [JSON.stringify(order_value), id],
    after: (cursor) => {
      const [json = 'null', id = ''] = decodeCursor(cursor, ['string', 'string'])
      const value = valueIn(String(json))
      if (value === null) return { sql: ` AND ${column} IS NULL AND r.id > ?`, operands: [id] }
      const beyond = `${column} ${descending ? '<' : '>'} ?`
      return {
        sql: ` AND (${column} IS NULL OR ${beyond} OR (${column} = ? AND r.id > ?))`,
        operands: [value, value, id],
      }
    },
  }
}

function valueIn(json: string): CursorPart | null {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'string' || typeof value === 'number' ? value : null
  } catch {
    return null
  }
}
