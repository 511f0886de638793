/** What the upload door answers about one operation. */
import type { ErrorCode } from '../../../shared/errors/error-table.ts'
import { errorTable } from '../../../shared/errors/error-table.ts'
import type { FieldOutcome } from '../../../shared/record/field-change.ts'
import type { FieldResult } from '../../plan/record-command.ts'
import type { OutcomeAnswer } from '../rest/record-answer.ts'
import { outcomesAnswer } from '../rest/record-answer.ts'

export interface OpName {
  readonly opId: string | null
  readonly op: string
  readonly table: string
  readonly id: string
}

export interface OpError {
  readonly code: ErrorCode
  readonly message: string
  readonly remedy: string
}

export interface OpWarning {
  readonly field: string
  readonly message: string
}

export interface OpResult extends OpName {
  /** What became of the field that fared worst; `duplicate` for a repetition, which has no second effect. */
  readonly status: FieldOutcome | 'duplicate'
  readonly fields?: Readonly<Record<string, OutcomeAnswer>>
  /** Columns that were left out, and required fields that were not given (E6, E7). */
  readonly warnings?: readonly OpWarning[]
  readonly error?: OpError
}

type Fields = Readonly<Record<string, FieldResult>>

/** From the best to the worst. */
const OUTCOMES: readonly FieldOutcome[] = ['applied', 'merged', 'superseded', 'held', 'rejected']

export function opResult(name: OpName, results: Fields, isDuplicate = false): OpResult {
  const noted = Object.entries(results).filter(([, { isWarning }]) => isWarning === true)
  const told = Object.entries(results).filter(([, { isWarning }]) => isWarning !== true)
  const ranks = told.map(([, { outcome }]) => OUTCOMES.indexOf(outcome))
  const fields = outcomesAnswer(Object.fromEntries(told))
  const refused = told.find(([, { outcome }]) => outcome === 'rejected')?.[1]
  return {
    ...name,
    status: isDuplicate ? 'duplicate' : (OUTCOMES[Math.max(0, ...ranks)] ?? 'applied'),
    ...(Object.keys(fields).length === 0 ? {} : { fields }),
    ...(noted.length === 0
      ? {}
      : { warnings: noted.map(([field, { reason }]) => ({ field, message: reason ?? '' })) }),
    ...(refused === undefined
      ? {}
      : { error: opError(refused.code ?? 'invalid_value', refused.reason ?? '') }),
  }
}

export const rejection = (name: OpName, code: ErrorCode, message: string): OpResult => ({
  ...name,
  status: 'rejected',
  error: opError(code, message),
})

const opError = (code: ErrorCode, message: string): OpError => ({
  code,
  message,
  remedy: errorTable[code].remedy,
})
