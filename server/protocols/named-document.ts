/** What a document is that nobody has stored: one that a client brings, or one of a history that was erased. */
import { documentIdOf } from '../../shared/record/record-key.ts'
import { compartmentsOf, fieldsPlacedIn, MAIN } from '../../shared/schema/compartments.ts'
import type { Actor } from '../auth/actor.ts'
import type { Authorizer } from '../auth/authorizer.ts'
import { readNaming } from '../gate/read-naming.ts'
import type { Rooms } from '../rooms/rooms.ts'
import type { Storage, StoredDocument } from '../storage/storage.ts'

/**
 * The document that a genesis change names, if its id derives from that (R1), and the schema has such a compartment.
 * @param changes as they came; what cannot be read names nothing.
 */
export function namedDocument(
  { rooms }: { readonly rooms: Pick<Rooms, 'collectionOf'> },
  { tenant }: Pick<Actor, 'tenant'>,
  documentId: string,
  changes: readonly Uint8Array[],
): StoredDocument | null {
  for (const change of changes) {
    const naming = readNaming(change)
    if (naming === null) continue
    const { collection, id, compartment } = naming
    const key = { tenant, collection, id }
    if (documentIdOf(key, 0, compartment) !== documentId) continue
    const isDeclared = compartment === MAIN || compartmentsOf(rooms.collectionOf(key)).includes(compartment)
    return isDeclared ? { key, compartment } : null
  }
  return null
}

export interface ErasedParts {
  readonly storage: Pick<Storage, 'findErased'>
  readonly rooms: Pick<Rooms, 'collectionOf'>
  readonly authorizer: Authorizer
}

/** The document was one of a history that was erased (E5). Who might not read the record is not told (A3). */
export async function wasErased(
  { storage, rooms, authorizer }: ErasedParts,
  actor: Actor,
  documentId: string,
): Promise<boolean> {
  const erased = await storage.findErased(documentId)
  if (erased === null || erased.key.tenant !== actor.tenant) return false
  const collection = rooms.collectionOf(erased.key)
  const asked = { actor, collection, record: null }
  // Nor is one who could not open the document.
  const fields = fieldsPlacedIn(collection, erased.compartment)
  return (
    authorizer.mayRead(asked) &&
    (erased.compartment === MAIN || authorizer.unreadable(asked, fields) === null)
  )
}
