/**
 * Tells a repeated operation from a new one. A client repeats what was not acknowledged, and its operations
 * are numbered per local database, which a stock connector does not name: so the content counts too. That cannot
 * tell the first sale on one phone from the same on another: a connector that names its database can.
 */
import { createHash } from 'node:crypto'
import { canonicalJson } from '../../../shared/json.ts'
import { exactToJson } from '../../../shared/wire/exact-json.ts'
import type { Actor } from '../../auth/actor.ts'
import type { Keep } from '../../plan/record-command.ts'
import type { UploadOp } from './read-upload.ts'

const KEPT_STATUS = 200

/**
 * Under which key the answer to the operation is kept, per tenant and subject.
 * @returns null for an operation without a number or a ledger id: the same may be meant twice.
 */
export function keepFor({ tenant, subject, device }: Actor, op: UploadOp): Keep | null {
  const request = contentDigest(op)
  const ledgerId = ledgerIdOf(op)
  if (ledgerId === null && op.opId === null) return null
  const identity =
    ledgerId === null
      ? ['op', device, op.database, op.opId, op.txId, request]
      : // The author vouches that no other operation on the record has it, from whichever database.
        ['ledger', op.table, op.id, ledgerId]
  return { tenant, subject, key: `upload:${digest(JSON.stringify(identity))}`, request, status: KEPT_STATUS }
}

function ledgerIdOf({ metadata: { ledgerId } }: UploadOp): string | null {
  return typeof ledgerId === 'string' && ledgerId !== '' ? ledgerId : null
}

const contentDigest = ({ op, table, id, data, old, metadata }: UploadOp): string =>
  digest(canonicalJson([op, table, id, exactToJson(data), old === null ? null : exactToJson(old), metadata]))

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
