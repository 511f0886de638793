/** Reads which record a client's genesis change names (R1), from bytes that nobody has vetted yet. */
import { decodeChange } from '@automerge/automerge'
import { COLLECTION_KEY, ID_KEY } from '../../shared/record/reserved-keys.ts'
import { readChangeChunk } from './automerge-chunk.ts'
import { defaultAutomergeLimits } from './automerge-limits.ts'

/** The naming change writes the collection, the id, and makes the map of conflicts. */
const NAMING_OPS = 3

/** Null if the change is no first change that names a record. What it names is for the caller to check. */
export function readNaming(
  change: Uint8Array,
  limits = defaultAutomergeLimits,
): { readonly collection: string; readonly id: string } | null {
  const read = readChangeChunk(change, limits)
  if (!read.ok) return null
  const { bytes, seq, startOp, opCount, deps } = read.chunk
  if (seq !== 1 || startOp !== 1 || opCount !== NAMING_OPS || deps.length > 0) return null
  try {
    const [collection, id] = decodeChange(bytes).ops
    if (collection?.key !== COLLECTION_KEY || id?.key !== ID_KEY) return null
    if (typeof collection.value !== 'string' || typeof id.value !== 'string') return null
    return { collection: collection.value, id: id.value }
  } catch {
    return null
  }
}
