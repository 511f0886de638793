/**
 * Turns text journals into texts off the main thread, with a deadline (S2, W6): replaying a long log takes
 * hundreds of milliseconds, and a hostile one may never end.
 */
import type { JobWorker } from '../threads/job-worker.ts'
import { createJobWorker, JobError } from '../threads/job-worker.ts'
import type { PackedBytes } from '../threads/packed-bytes.ts'
import { packBytes } from '../threads/packed-bytes.ts'
import { threadModule } from '../threads/start-thread.ts'
import type { MaterializedText, TextReplay } from './text-replay.ts'

export interface MaterializeRequest extends Pick<TextReplay, 'texts' | 'wantSnapshot'> {
  /** The whole document as one update, to replay the updates onto; null when there is none. */
  readonly snapshot: Uint8Array | null
  readonly updates: readonly Uint8Array[]
}

/** Replays on their way to the thread, which answers with one `Replayed` for each. */
export interface PackedReplays extends PackedBytes {
  readonly replays: readonly (Pick<TextReplay, 'texts' | 'wantSnapshot'> & {
    /** How many of the byte strings are its own. */
    readonly updates: number
  })[]
}

export type Replayed =
  | { readonly ok: true; readonly text: MaterializedText }
  | { readonly ok: false; readonly reason: string }

export interface TextMaterializer {
  /**
   * Requests wait for each other; small ones that are made in one turn of the event loop travel together. Rejects with
   * a `JobError`: Yjs cannot read an update, the deadline has passed, the thread ran out of memory, or the materializer
   * is closed. The next request has a sane thread.
   */
  materialize(request: MaterializeRequest): Promise<MaterializedText>
  /** Kills the thread; what is not answered yet rejects. Idempotent. */
  close(): Promise<void>
}

export interface TextMaterializerOptions {
  /** What one request may take in the thread; 30 s unless given. */
  readonly deadlineMs?: number
  /** The thread's heap limit; 1,024 MB unless given. */
  readonly heapMbMax?: number
}

interface Waiting {
  readonly request: MaterializeRequest
  readonly resolve: (text: MaterializedText) => void
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

  return {
    materialize: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject })
        if (waiting.length === 1) setImmediate(send)
      }),
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
  const job = packReplays(batch.map(({ request }) => request))
  try {
    const replayed = await worker.run(job, [job.bytes.buffer, job.lengths.buffer])
    for (const [index, { resolve, reject }] of batch.entries()) {
      const one = replayed[index]
      if (one === undefined) throw new RangeError('the thread answers every replay of a job')
      if (one.ok) resolve(one.text)
      else reject(new JobError('refused', one.reason))
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
    const own = bytesOf(one.request)
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

const bytesOf = ({ snapshot, updates }: MaterializeRequest): number =>
  updates.reduce((sum, { byteLength }) => sum + byteLength, snapshot?.byteLength ?? 0)

function packReplays(requests: readonly MaterializeRequest[]): PackedReplays {
  const parts = requests.map(({ snapshot, updates }) =>
    snapshot === null ? updates : [snapshot, ...updates],
  )
  const replays = requests.map(({ texts, wantSnapshot }, index) => ({
    texts,
    wantSnapshot,
    updates: parts[index]?.length ?? 0,
  }))
  return { ...packBytes(parts.flat()), replays }
}
