/**
 * Turns text journals into texts off the main thread, with a deadline (S2, W6): replaying a long log takes
 * hundreds of milliseconds, and a hostile one may never end.
 */
import type { JobWorker } from '../threads/job-worker.ts'
import { createJobWorker, JobError } from '../threads/job-worker.ts'
import type { PackedBytes } from '../threads/packed-bytes.ts'
import { packBytes } from '../threads/packed-bytes.ts'
import { threadModule } from '../threads/start-thread.ts'
import type { MaterializedText, TextReading } from './text-replay.ts'

export interface MaterializeRequest extends TextReading {
  /** The whole document as one update, to replay the updates onto; null when there is none. */
  readonly snapshot: Uint8Array | null
  readonly updates: readonly Uint8Array[]
  /** The thread is to hold the document as that of a text at a version, for `advance`; left out if it is not. */
  readonly hold?: { readonly name: string; readonly version: number }
}

export interface AdvanceRequest extends TextReading {
  readonly name: string
  /** At which the document is held. */
  readonly onto: number
  /** At which it is held afterwards. */
  readonly version: number
  /** What has come between the two. */
  readonly updates: readonly Uint8Array[]
}

export interface PackedReplay extends TextReading {
  readonly name: string
  /** Null for a document that begins with these updates. */
  readonly onto: number | null
  readonly version: number
  readonly isToBeHeld: boolean
  /** How many of the byte strings are its own. */
  readonly updates: number
}

/** Replays on their way to the thread, which answers with one `Replayed` for each. */
export interface PackedReplays extends PackedBytes {
  readonly replays: readonly PackedReplay[]
}

export type Replayed =
  | { readonly status: 'read'; readonly text: MaterializedText }
  | { readonly status: 'refused'; readonly reason: string }
  | { readonly status: 'not-held' }

export interface TextMaterializer {
  /**
   * Requests wait for each other; small ones that are made in one turn of the event loop travel together. Rejects with
   * a `JobError`: Yjs cannot read an update, the deadline has passed, the thread ran out of memory, or the materializer
   * is closed. The next request has a sane thread.
   */
  materialize(request: MaterializeRequest): Promise<MaterializedText>
  /**
   * Goes on with a document that the thread holds, and rejects as `materialize` does.
   * @returns null if it is not held any more: the thread has its bounds, and may have been started anew.
   */
  advance(request: AdvanceRequest): Promise<MaterializedText | null>
  /** Kills the thread; what is not answered yet rejects. Idempotent. */
  close(): Promise<void>
}

export interface TextMaterializerOptions {
  /** What one request may take in the thread; 30 s unless given. */
  readonly deadlineMs?: number
  /** The thread's heap limit; 1,024 MB unless given. */
  readonly heapMbMax?: number
}

interface Replay extends Omit<PackedReplay, 'updates'> {
  readonly updates: readonly Uint8Array[]
}

interface Waiting {
  readonly replay: Replay
  readonly resolve: (replayed: Exclude<Replayed, { readonly status: 'refused' }>) => void
  readonly reject: (error: unknown) => void
}

/** What travels together: so little that no one waits long for the others. */
const TOGETHER_BYTES_MAX = 64 * 1024

/** The thread is started with the first request. */
export function createTextMaterializer(options: TextMaterializerOptions = {}): TextMaterializer {
  const worker = createJobWorker<PackedReplays, readonly Replayed[]>({
    entry: threadModule(import.meta.url, 'text-materializer-worker'),
    deadlineMs: options.deadlineMs ?? 30_000,
    heapMbMax: options.heapMbMax ?? 1_024,
  })
  let waiting: Waiting[] = []

  function send(): void {
    for (const batch of batchesOf(waiting)) void perform(worker, batch)
    waiting = []
  }

  function ask(replay: Replay): Promise<Parameters<Waiting['resolve']>[0]> {
    return new Promise((resolve, reject) => {
      waiting.push({ replay, resolve, reject })
      if (waiting.length === 1) setImmediate(send)
    })
  }

  return {
    async materialize(request) {
      const replayed = await ask(fromStart(request))
      if (replayed.status === 'read') return replayed.text
      throw new RangeError('nothing has to be held for a text that is read from its start')
    },
    async advance(request) {
      const replayed = await ask({ ...request, isToBeHeld: true })
      return replayed.status === 'read' ? replayed.text : null
    },
    async close() {
      send()
      await worker.close()
    },
  }
}

async function perform(
  worker: JobWorker<PackedReplays, readonly Replayed[]>,
  batch: readonly Waiting[],
): Promise<void> {
  const job = packReplays(batch.map(({ replay }) => replay))
  try {
    const replayed = await worker.run(job, [job.bytes.buffer, job.lengths.buffer])
    for (const [index, { resolve, reject }] of batch.entries()) {
      const one = replayed[index]
      if (one === undefined) throw new RangeError('the thread answers every replay of a job')
      if (one.status === 'refused') reject(new JobError('refused', one.reason))
      else resolve(one)
    }
  } catch (error) {
    // One of them may have killed the thread: the others do without it.
    const isClosed = error instanceof JobError && error.failure === 'closed'
    if (batch.length > 1 && !isClosed) for (const one of batch) void perform(worker, [one])
    else for (const { reject } of batch) reject(error)
  }
}

function batchesOf(waiting: readonly Waiting[]): readonly (readonly Waiting[])[] {
  const batches: Waiting[][] = []
  let bytes = 0
  for (const one of waiting) {
    const own = bytesOf(one.replay.updates)
    bytes += own
    const last = batches.at(-1)
    if (last !== undefined && bytes <= TOGETHER_BYTES_MAX) last.push(one)
    else {
      batches.push([one])
      bytes = own
    }
  }
  return batches
}

const bytesOf = (updates: readonly Uint8Array[]): number =>
  updates.reduce((sum, { byteLength }) => sum + byteLength, 0)

const fromStart = ({ snapshot, updates, texts, wantSnapshot, hold }: MaterializeRequest): Replay => ({
  texts,
  wantSnapshot,
  name: hold?.name ?? '',
  onto: null,
  version: hold?.version ?? 0,
  isToBeHeld: hold !== undefined,
  updates: snapshot === null ? updates : [snapshot, ...updates],
})

function packReplays(replays: readonly Replay[]): PackedReplays {
  return {
    ...packBytes(replays.flatMap(({ updates }) => updates)),
    replays: replays.map((replay) => ({ ...replay, updates: replay.updates.length })),
  }
}
