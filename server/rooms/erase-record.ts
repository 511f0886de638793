/** Erases a record (E1): plans on what is stored, commits, and plans again if a room has written meanwhile (W3). */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { decodeErasure } from '../plan/erasure.ts'
import type { ErasurePlan, ErasureRequest } from '../plan/plan-erasure.ts'
import { planErasure } from '../plan/plan-erasure.ts'
import type { Storage, StoredErasure } from '../storage/storage.ts'

/** Each attempt loses against a commit of a room; rooms commit one after the other. */
const ATTEMPTS_MAX = 100

/**
 * Resolves once the erasure is durable. It is not tried again when the store fails: nothing of it was acknowledged.
 * @throws SluiceError `not_found`, `erased` or `store_unavailable`.
 */
export async function eraseRecord(
  storage: Pick<Storage, 'load' | 'erase'>,
  key: RecordKey,
  collection: CollectionSpec,
  request: ErasureRequest,
): Promise<StoredErasure> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const lanes = { fields: await storage.load(key, 'fields'), text: await storage.load(key, 'text') }
    const plan = planErasure(key, collection, lanes, request)
    const result = await storage.erase(plan)
    if (result.status === 'committed') return told(plan)
    if (result.status === 'failed') throw new SluiceError('store_unavailable', result.reason)
  }
  throw new SluiceError('store_unavailable', 'the record is being changed, too often')
}

/** What the store tells of it from now on. */
function told({ key, lanes: { fields, text } }: ErasurePlan): StoredErasure {
  const erasure = decodeErasure(fields.stub.bytes)
  const texts = decodeErasure(text.stub.bytes)
  if (erasure === null || texts === null) throw new RangeError('a plan holds stubs that can be read')
  return { key, erasure, origin: fields.stub.origin, entries: erasure.entries + texts.entries }
}
