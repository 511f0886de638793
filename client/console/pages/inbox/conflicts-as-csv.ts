/** Conflicts as CSV (RFC 4180), a line for each side. Pure. */
import type { Side } from '../../../../shared/conflicts/conflict.ts'
import type { ConflictView } from '../../../index.ts'

const COLUMNS = [
  'conflict',
  'state',
  'kind',
  'collection',
  'record',
  'fields',
  'opened_at',
  'assignee',
  'role',
  'side',
  'operation',
  'value',
  'author',
  'device',
  'claimed_at',
  'received_at',
  'is_chosen',
  'decided_by',
  'decided_at',
  'note',
] as const

export function conflictsAsCsv(conflicts: readonly ConflictView[]): string {
  const lines = conflicts.flatMap((conflict) => [
    lineOf(conflict, 'incumbent', conflict.incumbent),
    ...conflict.alongside.map((side) => lineOf(conflict, 'alongside', side)),
    ...conflict.challengers.map((side) => lineOf(conflict, 'challenger', side)),
  ])
  return `${[COLUMNS, ...lines].map((cells) => cells.map(cell).join()).join('\r\n')}\r\n`
}

const lineOf = (conflict: ConflictView, role: string, side: Side): readonly string[] => [
  conflict.id,
  conflict.state,
  conflict.kind,
  conflict.collection,
  conflict.recordId,
  conflict.fields.join(' '),
  conflict.openedAt,
  conflict.assignee ?? '',
  role,
  side.id,
  side.operation,
  typeof side.value === 'string' ? side.value : JSON.stringify(side.value),
  side.author,
  side.device ?? '',
  side.claimedAt ?? '',
  side.receivedAt,
  conflict.resolution === null ? '' : String(conflict.resolution.choose === side.id),
  conflict.resolution?.author ?? '',
  conflict.resolution?.at ?? '',
  conflict.resolution?.note ?? '',
]

/** A spreadsheet takes a cell that begins like this for a formula, and would compute what somebody has written. */
const FORMULA = /^[=+\-@\t\r]/
const NUMBER = /^-?\d+(\.\d+)?$/

function cell(value: string): string {
  const safe = FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
