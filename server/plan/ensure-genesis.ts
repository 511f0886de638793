/** Makes sure that a record begins as every replica begins it (R2). */
import type { Origin } from '../../shared/record/origin.ts'
import { admitBytes } from './admit.ts'
import type { RecordDraft } from './record-draft.ts'
import { serverOrigin } from './server-origin.ts'

/**
 * Adds the genesis changes that the record lacks: all of a new one, those of newly declared fields and compartments
 * (R2). A container that lives in another document already gets no second one.
 */
export function ensureGenesis(draft: RecordDraft, origin: Origin): void {
  for (const document of draft.documents)
    for (const { field, hash, bytes } of document.origin.genesis.lacking(document.graph))
      if (field === null || draft.homeOf(field) === document)
        admitBytes(document, { kind: 'genesis', bytes, hash, origin: serverOrigin(origin) })
}
