/**
 * Looks into stored documents for people, off the main thread and with a deadline: how large they are by cause, what a
 * text was at an earlier version, and who wrote which part of it. Nothing of it is on the way of a write.
 */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { Lane } from '../plan/plan.ts'
import type { AuthoredRun } from '../projection/text-authors.ts'
import type { Storage, StoredText } from '../storage/storage.ts'
import { createJobWorker, JobError } from '../threads/job-worker.ts'
import { packBytes } from '../threads/packed-bytes.ts'
import { threadModule } from '../threads/start-thread.ts'
import type { DocumentSize } from './document-size.ts'
import type { Inspected, InspectionJob } from './inspection-job.ts'
import { inspect } from './inspection-job.ts'

export interface Inspector {
  /** Rejects with a SluiceError: `too_costly`, `too_many` or `shutting_down`; so do the others. */
  measure(key: RecordKey, lane: Lane): Promise<DocumentSize>
  /** @param version journal entries of the text that are shown, at least 1. */
  textsAt(
    key: RecordKey,
    version: number,
    texts: readonly string[],
  ): Promise<Readonly<Record<string, StoredText>>>
  /** Who has inserted which part of a text that was so at a version, at least 1. */
  authorsAt(key: RecordKey, version: number, text: string): Promise<readonly AuthoredRun[]>
  close(): Promise<void>
}

type InspectedStorage = Pick<Storage, 'load'> & {
  readonly inspection: Pick<Storage['inspection'], 'textUpTo'>
}

const DEADLINE_MS = 10_000
const HEAP_MB_MAX = 1_024
/** One at a time is looked into; these may wait. */
const WAITING_MAX = 16

/** The thread is started when somebody looks. */
export function createThreadInspector(storage: InspectedStorage): Inspector {
  const worker = createJobWorker<InspectionJob, Inspected>({
    entry: threadModule(import.meta.url, 'inspection-thread'),
    deadlineMs: DEADLINE_MS,
    heapMbMax: HEAP_MB_MAX,
  })
  let waiting = 0
  return inspectorOf(
    storage,
    async (load) => {
      if (waiting >= WAITING_MAX) throw new SluiceError('too_many', 'too many documents are being inspected')
      waiting += 1
      try {
        return await worker.run(await load())
      } catch (error) {
        throw toRefusal(error)
      } finally {
        waiting -= 1
      }
    },
    () => worker.close(),
  )
}

/** For simulations, in which time does not pass: looks at once and in place. */
export const createDirectInspector = (storage: InspectedStorage): Inspector =>
  inspectorOf(
    storage,
    async (load) => inspect(await load()),
    async () => undefined,
  )

function inspectorOf(
  storage: InspectedStorage,
  run: (load: () => Promise<InspectionJob>) => Promise<Inspected>,
  close: () => Promise<void>,
): Inspector {
  return {
    async measure(key, lane) {
      const inspected = await run(() => measuring(storage, key, lane))
      if (!('bytes' in inspected)) throw otherAnswer()
      return inspected
    },
    async textsAt(key, version, texts) {
      const inspected = await run(async () => {
        const entries = await storage.inspection.textUpTo(key, version)
        return { kind: 'read-text', updates: packBytes(updatesOf(entries)), texts }
      })
      if (!('texts' in inspected)) throw otherAnswer()
      return inspected.texts
    },
    async authorsAt(key, version, text) {
      const inspected = await run(async () => {
        const entries = await storage.inspection.textUpTo(key, version)
        return { kind: 'read-authors', updates: packBytes(updatesOf(entries)), text }
      })
      if (!('runs' in inspected)) throw otherAnswer()
      return inspected.runs
    },
    close,
  }
}

const otherAnswer = (): RangeError => new RangeError('the inspector has answered another question')

async function measuring(storage: InspectedStorage, key: RecordKey, lane: Lane): Promise<InspectionJob> {
  const { snapshot, tail } = await storage.load(key, lane)
  const stored = snapshot === null ? [] : [snapshot.bytes]
  return lane === 'text'
    ? { kind: 'measure-text', updates: packBytes([...stored, ...updatesOf(tail)]) }
    : {
        kind: 'measure-fields',
        snapshot: packBytes(stored),
        changes: packBytes(tail.filter(({ hash }) => hash !== null).map(({ bytes }) => bytes)),
      }
}

/** A text's journal also holds what was refused, and stubs. */
const updatesOf = (entries: readonly { readonly kind: string; readonly bytes: Uint8Array }[]) =>
  entries.filter(({ kind }) => kind === 'update').map(({ bytes }) => bytes)

function toRefusal(error: unknown): unknown {
  if (!(error instanceof JobError)) return error
  switch (error.failure) {
    case 'closed':
      return new SluiceError('shutting_down', 'the server is stopping')
    case 'full':
      return new SluiceError('too_many', 'too many documents are being inspected')
    case 'deadline':
    case 'crashed':
      return new SluiceError('too_costly', 'the document is too large to be looked into')
    case 'refused':
      return new SluiceError('internal', `the document could not be looked into: ${error.message}`)
  }
}
