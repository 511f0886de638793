/** What a document's bytes are for: work for a thread, since a document has to be put together to be measured. */
import * as Automerge from '@automerge/automerge'
import * as Y from 'yjs'
import { ByteCursor } from '../gate/byte-cursor.ts'
import { contentStart, skipStruct } from '../gate/skip-struct.ts'
import { isGone } from '../gate/struct-info.ts'
import { documentIn } from '../plan/record-snapshot.ts'

/** In bytes of the document as a newcomer is sent it; the parts add up to the whole. */
export interface DocumentSize {
  readonly bytes: number
  /** What is visible. */
  readonly content: number
  /** What says who wrote it, after what and when. */
  readonly history: number
  /** What is left of deleted text; null where the library packs it with the history. */
  readonly tombstones: number | null
  /** Text: deleted characters and elements. Fields: operations that others have overwritten or deleted. */
  readonly gone: number
}

/** @param updates of the whole text, oldest first. */
export function measureText(updates: Iterable<Uint8Array>): DocumentSize {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  const whole = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  const cursor = new ByteCursor(whole)
  let content = 0
  let tombstones = 0
  let gone = 0
  for (let sections = cursor.uint(); sections > 0; sections--) {
    let structs = cursor.uint()
    cursor.uint()
    cursor.uint()
    for (; structs > 0; structs--) {
      const start = cursor.at
      const length = skipStruct(cursor)
      if (!(length > 0)) throw new RangeError('a struct that the library does not write')
      if (isGone(whole[start] ?? 0)) {
        tombstones += cursor.at - start
        gone += length
      } else content += cursor.at - contentStart(whole, start)
    }
  }
  // What is left names what is deleted.
  tombstones += whole.byteLength - cursor.at
  return {
    bytes: whole.byteLength,
    content,
    history: whole.byteLength - content - tombstones,
    tombstones,
    gone,
  }
}

/** @param snapshot of the record's document, and the changes behind it; null if there is none. */
export function measureFields(snapshot: Uint8Array | null, changes: readonly Uint8Array[]): DocumentSize {
  const start: Automerge.Doc<Record<string, unknown>> =
    snapshot === null ? Automerge.init() : Automerge.load(documentIn(snapshot))
  const [doc] = Automerge.applyChanges(start, [...changes])
  // A document that says the same and has no past.
  const bare = Automerge.from(Automerge.toJS(doc))
  try {
    const bytes = Automerge.save(doc).byteLength
    const content = Math.min(bytes, Automerge.save(bare).byteLength)
    const gone = Math.max(0, Automerge.stats(doc).numOps - Automerge.stats(bare).numOps)
    return { bytes, content, history: bytes - content, tombstones: null, gone }
  } finally {
    Automerge.free(doc)
    Automerge.free(bare)
  }
}
