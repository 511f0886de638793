/** Opens the texts of a record. */
import type { Collections } from '../../shared/schema/config.ts'
import type { SluiceClient } from '../sluice-client.ts'
import { TextHandle } from './text-handle.ts'
import { TextSave } from './text-save.ts'

/**
 * Resolves with what is stored here, without waiting for the server. All texts of a record are roots of one Y.Doc:
 * `handle.doc.getXmlFragment('body')` or `.getText('body')`, as the editor wants it.
 * @throws RangeError for a collection that the schema lacks, or an id that no record may have.
 */
export async function openText<C extends Collections>(
  client: SluiceClient<C>,
  collection: keyof C & string,
  id: string,
): Promise<TextHandle> {
  const record = client.live(collection, id)
  if (record === null) throw new RangeError(`the schema has no collection "${collection}"`)
  const { store, connection, tabs } = client.parts
  const save = await TextSave.load(store, record.name)
  return new TextHandle({ collection, recordId: id }, { save, connection, talk: tabs?.talk })
}
