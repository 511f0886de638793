/**
 * Joins what has grown old in the journals of all texts (S11): when the server starts, and then at an interval. One text
 * after the other, with pauses; what fails is logged and left for the next time.
 */
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { Log } from '../log.ts'
import type { CompactionPlan, CompactionRequest } from '../plan/plan-compaction.ts'
import { serverOrigin } from '../plan/server-origin.ts'
import type { Timers } from '../projection/timers.ts'
import { systemTimers } from '../projection/timers.ts'
import type { OldText } from '../storage/compaction-storage.ts'
import type { Storage } from '../storage/storage.ts'
import type { JobWorker } from '../threads/job-worker.ts'
import { compactText } from './compact-text.ts'
import { createCompactionWorker } from './compaction-worker.ts'

export interface TextCompactorParts {
  readonly storage: Pick<Storage, 'audit' | 'compaction'>
  /** Opens the thread that plans; it is closed when there is nothing more to join. */
  readonly openWorker: () => JobWorker<CompactionRequest, CompactionPlan>
  readonly log: Pick<Log, 'info' | 'warn'>
  /** ISO 8601. */
  readonly now: () => string
  readonly timers: Timers
  /** For how long updates are kept by themselves. */
  readonly keptMs: number
  readonly intervalMs: number
}

const MS_PER_DAY = 86_400_000
/** What is looked through at once takes the main thread a few milliseconds. */
const PAGE = { records: 5, entriesMax: 2_000 }
const PAUSE_MS = 20

export interface TextHistorySettings {
  /** Left out where the whole history of texts is kept. */
  readonly textHistoryDays?: number | undefined
  readonly compactionIntervalMs: number
}

/** Null where nothing is to be joined. */
export function startTextCompactor(
  { textHistoryDays, compactionIntervalMs: intervalMs }: TextHistorySettings,
  parts: Pick<TextCompactorParts, 'storage' | 'log' | 'now'>,
): TextCompactor | null {
  if (textHistoryDays === undefined) return null
  const keptMs = textHistoryDays * MS_PER_DAY
  return new TextCompactor({
    ...parts,
    keptMs,
    intervalMs,
    openWorker: createCompactionWorker,
    timers: systemTimers,
  })
}

export class TextCompactor {
  readonly #parts: TextCompactorParts
  #running: Promise<void>
  #worker: JobWorker<CompactionRequest, CompactionPlan> | null = null
  #isStopped = false
  #cancel = (): void => undefined

  constructor(parts: TextCompactorParts) {
    this.#parts = parts
    this.#running = this.#sweep()
  }

  /** Gives up what is not committed yet. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await this.#worker?.close()
    await this.#running
  }

  async #sweep(): Promise<void> {
    const { log, timers, intervalMs } = this.#parts
    const worker = this.#parts.openWorker()
    this.#worker = worker
    try {
      await this.#joinAll((request) => worker.run(request))
    } catch (error) {
      if (!this.#isStopped) log.warn({ err: error }, 'the store could not be looked through for old updates')
    } finally {
      await worker.close()
    }
    if (this.#isStopped) return
    this.#cancel = timers.after(intervalMs, () => {
      this.#running = this.#sweep()
    })
  }

  async #joinAll(plan: (request: CompactionRequest) => Promise<CompactionPlan>): Promise<void> {
    const { storage, now, keptMs } = this.#parts
    const before = new Date(Date.parse(now()) - keptMs).toISOString()
    for (let after: RecordKey | null = null; ; ) {
      const { items, last } = await storage.compaction.findOldTexts(before, after, PAGE)
      for (const text of items) if (isWorthIt(text)) await this.#join(text, before, plan)
      if (last === null || this.#isStopped) return
      after = last
      await this.#pause()
    }
  }

  async #join(
    { key }: OldText,
    before: string,
    plan: (request: CompactionRequest) => Promise<CompactionPlan>,
  ): Promise<void> {
    const { storage, log, now } = this.#parts
    try {
      const parts = {
        storage,
        plan,
        origin: () => serverOrigin({ receivedAt: now() }),
        pause: () => this.#pause(),
      }
      const joined = await compactText(parts, key, before)
      if (joined > 0) log.info({ key, joined }, 'older updates of a text were joined')
    } catch (error) {
      if (!this.#isStopped) log.warn({ key, err: error }, 'older updates of a text were left alone')
    }
  }

  /** @throws Error when it is stopped meanwhile. */
  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => this.#parts.timers.after(PAUSE_MS, resolve))
    if (this.#isStopped) throw new Error('the server is stopping')
  }
}

/** What one more entry costs beyond its bytes: its row, and its line in the index. */
const ENTRY_COST_BYTES = 400
const GAIN_BYTES_MIN = 8 * 1024

/** Joining writes the whole text anew, so it waits until what goes is in proportion: writing stays amortised O(1). */
export const isWorthIt = ({ entries, bytes, compactedBytes }: OldText): boolean =>
  entries >= PAGE.entriesMax - 1 ||
  bytes + entries * ENTRY_COST_BYTES > Math.max(GAIN_BYTES_MIN, compactedBytes)
