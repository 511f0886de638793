/**
 * The plan of an uploaded operation that no record can take, because its table or its id does not exist: its
 * log lines and its answer, so that a person can see it and a retry is told the same (P14).
 */
import type { Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import { rejectedLine } from './execute-upload.ts'
import type { KeptAnswer, Plan } from './plan.ts'
import { keptBody, planWithoutChange } from './plan-record.ts'
import type { FieldResult, Keep, RejectedWrite } from './record-command.ts'

export interface DeadLetter {
  readonly key: RecordKey
  readonly writes: readonly RejectedWrite[]
  readonly origin: Origin
  readonly keep: Keep | null
}

export interface PlannedDeadLetter {
  readonly plan: Plan
  readonly fields: Readonly<Record<string, FieldResult>>
}

export function planDeadLetter({ key, writes, origin, keep }: DeadLetter): PlannedDeadLetter {
  const fields = Object.fromEntries(
    writes.map(({ field, reason, code, isWarning }): [string, FieldResult] => [
      field,
      { outcome: 'rejected', reason, conflictId: null, code, isWarning },
    ]),
  )
  const answers: readonly KeptAnswer[] = keep === null ? [] : [{ ...keep, body: keptBody(key, fields) }]
  const lines = writes.map((write) => rejectedLine(write, null, origin))
  const record = { key, documentId: documentIdOf(key), version: 0 }
  return { plan: planWithoutChange(record, lines, answers, origin.receivedAt), fields }
}
