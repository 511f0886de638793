/** Writes what TanStack DB calls a mutation as a change, and waits for what becomes of it. */
import type { OperationType } from '@tanstack/db'
import type { JsonObject } from '../../shared/json.ts'
import { isJsonObject } from '../../shared/json.ts'
import type { VersionToken } from '../../shared/sync/messages.ts'
import type { ChangeOutcome } from '../change-handle.ts'
import { ChangeHandle } from '../change-handle.ts'
import type { AskedChange, LiveRecord } from '../live-record.ts'
import { vantageOf } from '../record/record-state.ts'
import { differenceOps } from './difference-ops.ts'
import { insertOps } from './row-schema.ts'

/** Not everything that a mutation wrote is in force: `outcome` says of each field what became of it, and why. */
export class NotInForce extends Error {
  override readonly name = 'NotInForce'
  readonly outcome: ChangeOutcome

  constructor(outcome: ChangeOutcome) {
    const { refusal, fields } = outcome
    const reasons = Object.entries(fields).map(
      ([field, { outcome, reason }]) => `${field}: ${reason ?? outcome}`,
    )
    super(`${outcome.status}: ${refusal?.message ?? reasons.join('; ')}`)
    this.outcome = outcome
  }
}

/** What is looked at of a `PendingMutation`, whatever its rows are. */
export interface RowMutation {
  readonly type: OperationType
  readonly key: string
  readonly original: object
  /** Fields that are different, as they are now. */
  readonly changes: object
  readonly metadata: unknown
}

/**
 * Resolves when the server has confirmed it, however long that takes.
 * @param version of the row as the person saw it; null if there was none.
 * @throws NotInForce if it is held, superseded or rejected.
 */
export async function writeMutation(
  record: LiveRecord,
  mutation: RowMutation,
  version: VersionToken | null,
): Promise<void> {
  const asked = askedBy(record, mutation)
  if (asked === null) return
  const vantage = { seen: version, after: vantageOf(record.state).after }
  const metadata = isJsonObject(mutation.metadata) ? mutation.metadata : {}
  const { id } = record.make({ ...asked, metadata, strict: false, vantage })
  const outcome = await new ChangeHandle(record, id).settled
  if (outcome.status !== 'applied' && outcome.status !== 'merged') throw new NotInForce(outcome)
}

function askedBy(
  { collection }: LiveRecord,
  { type, original, changes }: RowMutation,
): Pick<AskedChange, 'intent' | 'ops'> | null {
  // Rows are records, and what is written to them has passed the row's schema.
  const [before, after] = [original as JsonObject, changes as JsonObject]
  switch (type) {
    case 'insert':
      return { intent: 'create', ops: insertOps(collection, after) }
    case 'delete':
      return { intent: 'delete', ops: [] }
    case 'update': {
      const ops = differenceOps(collection, before, after)
      return ops.length === 0 ? null : { intent: 'update', ops }
    }
  }
}
