/** Replays a record's text journal into a document and reads its texts: the work of the materializer's thread. */
import * as Y from 'yjs'
import { contentDigest } from '../../shared/text/content-digest.ts'
import { namelessDoc } from '../gate/nameless-doc.ts'
import type { StoredText } from '../storage/storage.ts'
import { readText } from './text-content.ts'

/** What is to be read of a document. */
export interface TextReading {
  /** Names of the text fields to read. */
  readonly texts: readonly string[]
  readonly wantSnapshot: boolean
}

export interface TextReplay extends TextReading {
  /** The snapshot if there is one, then the updates after it, oldest first (Yjs updates, V1). */
  readonly updates: Iterable<Uint8Array>
}

export interface MaterializedText {
  readonly texts: Readonly<Record<string, StoredText>>
  /** The whole document as one update; null unless it was asked for. */
  readonly snapshot: Uint8Array | null
  /** Of what the whole document shows; see `contentDigest`. */
  readonly digest: number
}

/** Throws what Yjs throws on an update that it cannot read. */
export const replayText = (replay: TextReplay): MaterializedText =>
  readTexts(replayedDoc(replay.updates), replay)

export function readTexts(doc: Y.Doc, { texts, wantSnapshot }: TextReading): MaterializedText {
  return {
    texts: Object.fromEntries(texts.map((name) => [name, readText(doc, name)])),
    snapshot: wantSnapshot ? Y.encodeStateAsUpdate(doc) : null,
    digest: contentDigest(doc),
  }
}

/**
 * One transaction for all updates: the document is cleaned up once, and a long log costs microseconds an entry, where
 * `Y.mergeUpdates` would be superlinear.
 */
export function replayedDoc(updates: Iterable<Uint8Array>, doc = namelessDoc()): Y.Doc {
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  return doc
}
