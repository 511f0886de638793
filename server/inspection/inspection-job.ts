/** What is looked into in a thread: how large a document is, or what a text was at a version, and whose. */
import type { AuthoredRun } from '../projection/text-authors.ts'
import { textAuthors } from '../projection/text-authors.ts'
import { replayedDoc, replayText } from '../projection/text-replay.ts'
import type { StoredText } from '../storage/storage.ts'
import type { PackedBytes } from '../threads/packed-bytes.ts'
import { unpackBytes } from '../threads/packed-bytes.ts'
import type { DocumentSize } from './document-size.ts'
import { measureFields, measureText } from './document-size.ts'

export type InspectionJob =
  | { readonly kind: 'measure-text'; readonly updates: PackedBytes }
  /** `snapshot` holds one part, or none. */
  | { readonly kind: 'measure-fields'; readonly snapshot: PackedBytes; readonly changes: PackedBytes }
  | { readonly kind: 'read-text'; readonly updates: PackedBytes; readonly texts: readonly string[] }
  | { readonly kind: 'read-authors'; readonly updates: PackedBytes; readonly text: string }

export type Inspected =
  | DocumentSize
  | { readonly texts: Readonly<Record<string, StoredText>> }
  | { readonly runs: readonly AuthoredRun[] }

export function inspect(job: InspectionJob): Inspected {
  switch (job.kind) {
    case 'measure-text':
      return measureText(unpackBytes(job.updates))
    case 'measure-fields':
      return measureFields([...unpackBytes(job.snapshot)][0] ?? null, [...unpackBytes(job.changes)])
    case 'read-text':
      return {
        texts: replayText({ updates: unpackBytes(job.updates), texts: job.texts, wantSnapshot: false }).texts,
      }
    case 'read-authors':
      return { runs: textAuthors(replayedDoc(unpackBytes(job.updates)), job.text) }
  }
}
