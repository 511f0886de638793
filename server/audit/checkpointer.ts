/**
 * Makes checkpoints (S7): at start, at an interval, and when the server stops. Each covers one page of the
 * journal at most, so that neither the main loop nor the writer is held up however much has been written.
 */
import type { Log } from '../log.ts'
import type { AuditStorage, Checkpoint } from '../storage/audit-storage.ts'
import { digestOfCheckpoint, encodeHeads } from './checkpoint.ts'
import type { CheckpointSigner } from './checkpoint-key.ts'

export interface CheckpointerParts {
  readonly audit: Pick<AuditStorage, 'changedHeads' | 'newestCheckpoint' | 'commitCheckpoint'>
  readonly signer: CheckpointSigner
  readonly log: Pick<Log, 'warn'>
  readonly now: () => string
  readonly intervalMs: number
  /** Journal entries that one checkpoint covers at most. */
  readonly pageEntries?: number
}

const PAGE_ENTRIES = 500

export class Checkpointer {
  readonly #parts: CheckpointerParts
  readonly #timer: NodeJS.Timeout
  #running: Promise<void> = Promise.resolve()

  constructor(parts: CheckpointerParts) {
    this.#parts = parts
    this.#timer = setInterval(() => void this.run(), parts.intervalMs)
    this.#timer.unref()
    void this.run()
  }

  /** Covers everything that is committed by now. One run follows the other; a failed one is made up for. */
  run(): Promise<void> {
    this.#running = this.#running.then(() => this.#coverAll())
    return this.#running
  }

  /** Covers the rest. Idempotent. */
  stop(): Promise<void> {
    clearInterval(this.#timer)
    return this.run()
  }

  async #coverAll(): Promise<void> {
    const { audit, log } = this.#parts
    try {
      for (;;) {
        const next = await this.#next(await audit.newestCheckpoint())
        if (next === null) return
        const result = await audit.commitCheckpoint(next.checkpoint)
        if (result.status === 'failed') log.warn({ reason: result.reason }, 'no checkpoint could be written')
        // A stale one: another node has made the next checkpoint, and will make those that follow.
        if (result.status !== 'committed' || next.isLast) return
      }
    } catch (error) {
      log.warn({ err: error }, 'no checkpoint could be made')
    }
  }

  /**
   * The very first checkpoint is made even if it covers nothing: a journal without any is then one whose
   * checkpoints were taken away.
   */
  async #next(newest: Checkpoint | null): Promise<{ checkpoint: Checkpoint; isLast: boolean } | null> {
    const { audit, signer, now, pageEntries = PAGE_ENTRIES } = this.#parts
    const page = await audit.changedHeads(newest?.position ?? 0, pageEntries)
    if (page === null && newest !== null) return null
    const body = {
      number: (newest?.number ?? 0) + 1,
      at: now(),
      position: page?.position ?? 0,
      heads: encodeHeads(page?.heads ?? []),
      previous: newest?.digest ?? null,
      keyId: signer.keyId,
    }
    const digest = digestOfCheckpoint(body)
    return { checkpoint: { ...body, digest, signature: signer.sign(digest) }, isLast: page?.isLast ?? true }
  }
}
