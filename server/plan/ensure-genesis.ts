/** Makes sure that a record begins as every replica begins it (R2). */
import type { Origin } from '../../shared/record/origin.ts'
import { admitBytes } from './admit.ts'
import type { RecordDraft } from './record-draft.ts'
import { serverOrigin } from './server-origin.ts'

/** Adds the genesis changes that the record lacks: all of a new one, those of newly declared fields (R2). */
export function ensureGenesis(draft: RecordDraft, origin: Origin): void {
  for (const { hash, bytes } of draft.origin.genesis)
    if (!draft.graph.has(hash))
      admitBytes(draft, { kind: 'genesis', bytes, hash, origin: serverOrigin(origin) })
}
