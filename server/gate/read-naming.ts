/** Reads which document of which record a client's genesis change names (R1), from bytes that nobody has vetted yet. */
import { decodeChange } from '@automerge/automerge'
import { COLLECTION_KEY, COMPARTMENT_KEY, ID_KEY } from '../../shared/record/reserved-keys.ts'
import { MAIN } from '../../shared/schema/compartments.ts'
import { readChangeChunk } from './automerge-chunk.ts'
import { defaultAutomergeLimits } from './automerge-limits.ts'

/** The naming change writes the collection, the id, makes the map of conflicts, and may name a compartment. */
const NAMING_OPS = 3

export interface NamedDocument {
  readonly collection: string
  readonly id: string
  readonly compartment: string
}

/** Null if the change is no first change that names a record. What it names is for the caller to check. */
export function readNaming(change: Uint8Array, limits = defaultAutomergeLimits): NamedDocument | null {
  const read = readChangeChunk(change, limits)
  if (!read.ok) return null
  const { bytes, seq, startOp, opCount, deps } = read.chunk
  if (seq !== 1 || startOp !== 1 || deps.length > 0) return null
  if (opCount !== NAMING_OPS && opCount !== NAMING_OPS + 1) return null
  try {
    const [collection, id, , compartment] = decodeChange(bytes).ops
    if (collection?.key !== COLLECTION_KEY || id?.key !== ID_KEY) return null
    if (typeof collection.value !== 'string' || typeof id.value !== 'string') return null
    const named = { collection: collection.value, id: id.value, compartment: MAIN }
    if (compartment === undefined) return named
    if (compartment.key !== COMPARTMENT_KEY || typeof compartment.value !== 'string') return null
    return { ...named, compartment: compartment.value }
  } catch {
    return null
  }
}
