/**
 * Where Automerge documents are saved: the library reads all of a document's history to do so, which holds a thread for a
 * tenth of a second after ten thousand changes (W6), and as long for the smallest one the first time, when its code is
 * compiled. The port, and the two ways to have it: the program has a thread, simulations, in which time does not pass, save
 * in place.
 */
import type { UnsavedDocument } from '../plan/record-document.ts'
import { savedDocument } from '../plan/saved-document.ts'
import type { JobWorker } from '../threads/job-worker.ts'
import { createJobWorker } from '../threads/job-worker.ts'
import type { PackedBytes } from '../threads/packed-bytes.ts'
import { packBytes, unpackBytes } from '../threads/packed-bytes.ts'
import { threadModule } from '../threads/start-thread.ts'

export interface DocumentSaver {
  /** Rejects with a `JobError`, or with whatever the library throws. */
  save(document: UnsavedDocument): Promise<Uint8Array>
  /** Kills the thread; what is not saved yet rejects. Idempotent. */
  close(): Promise<void>
}

const DEADLINE_MS = 60_000
const HEAP_MB_MAX = 1_024

export function createThreadDocumentSaver(): DocumentSaver {
  const worker: JobWorker<PackedBytes, Uint8Array> = createJobWorker({
    entry: threadModule(import.meta.url, 'document-saver-thread'),
    deadlineMs: DEADLINE_MS,
    heapMbMax: HEAP_MB_MAX,
  })
  return {
    async save(document) {
      const job = packDocument(document)
      return worker.run(job, [job.bytes.buffer, job.lengths.buffer])
    },
    close: () => worker.close(),
  }
}

export const directDocumentSaver: DocumentSaver = {
  save: async (document) => savedDocument(document),
  close: async () => undefined,
}

/** Of the empty document nothing is saved. */
const NOTHING = new Uint8Array()

const packDocument = ({ saved, changes }: UnsavedDocument): PackedBytes =>
  packBytes([saved ?? NOTHING, ...changes])

export function unpackDocument(packed: PackedBytes): UnsavedDocument {
  const [saved = NOTHING, ...changes] = unpackBytes(packed)
  return { saved: saved.byteLength === 0 ? null : saved, changes }
}
