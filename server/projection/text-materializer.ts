/**
 * Turns a text journal into texts off the main thread, with a deadline (S2, W6): replaying a long log takes
 * hundreds of milliseconds, and a hostile one may never end.
 */
import { createJobWorker } from '../threads/job-worker.ts'
import type { PackedBytes } from '../threads/packed-bytes.ts'
import { packBytes } from '../threads/packed-bytes.ts'
import { threadModule } from '../threads/start-thread.ts'
import type { MaterializedText, TextReplay } from './text-replay.ts'

export interface MaterializeRequest extends TextReplay {
  /** The whole document as one update, to replay the updates onto; null when there is none. */
  readonly snapshot: Uint8Array | null
  readonly updates: readonly Uint8Array[]
}

/** A replay on its way to the thread. */
export interface PackedReplay extends PackedBytes, Pick<TextReplay, 'texts' | 'wantSnapshot'> {}

export interface TextMaterializer {
  /**
   * Requests wait for each other. Rejects with a `JobError`: Yjs cannot read an update, the deadline has
   * passed, the thread ran out of memory, or the materializer is closed. The next request has a sane thread.
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

/** The thread is started with the first request. */
export function createTextMaterializer(options: TextMaterializerOptions = {}): TextMaterializer {
  const worker = createJobWorker<PackedReplay, MaterializedText>({
    entry: threadModule(import.meta.url, 'text-materializer-worker'),
    deadlineMs: options.deadlineMs ?? 30_000,
    heapMbMax: options.heapMbMax ?? 1_024,
  })
  return {
    materialize({ snapshot, updates, texts, wantSnapshot }) {
      const packed = packBytes(snapshot === null ? updates : [snapshot, ...updates])
      return worker.run({ ...packed, texts, wantSnapshot }, [packed.bytes.buffer, packed.lengths.buffer])
    },
    close: () => worker.close(),
  }
}
