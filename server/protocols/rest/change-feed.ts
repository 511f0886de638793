/**
 * Follows the change log from a position on: first what is there, then what is committed. It holds one page
 * at a time and reads the next when it is asked for it, so a slow reader costs no more memory than a fast one.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { CommitSignal } from '../../rooms/commit-signal.ts'
import type { FieldChangeSelection, StoredFieldChange } from '../../storage/change-log.ts'
import type { Storage } from '../../storage/storage.ts'

export interface ChangeFeedParts {
  readonly storage: Pick<Storage, 'listFieldChanges' | 'lastChangePosition'>
  readonly commits: CommitSignal
  /** How often to look without having been woken: other nodes' commits fire no signal here. Milliseconds. */
  readonly pollMs: number
  /** How often to say that nothing has happened, so that proxies keep the connection. Milliseconds. */
  readonly heartbeatMs: number
}

export interface FeedBatch {
  /** Oldest first; empty for a heartbeat. */
  readonly changes: readonly StoredFieldChange[]
  /** Everything that was asked for, up to this position, has been told with this batch. */
  readonly position: number
}

/** Values of a record may be large, and a page is held for as long as its reader takes. */
const PAGE_LIMIT = 20
/** Commits that come in quick succession are read together. */
const GATHER_MS = 20

/**
 * @param selection `after` is the last position that the reader has; without it only what is committed from
 *   now on is told.
 * @param ended ends the feed, also while it waits.
 * @returns batches, the first at once, even if it is empty.
 */
export async function* followChanges(
  { storage, commits, pollMs, heartbeatMs }: ChangeFeedParts,
  selection: FieldChangeSelection,
  ended: AbortSignal,
): AsyncGenerator<FeedBatch, void> {
  const bell = new Doorbell()
  const unsubscribe = commits.subscribe(() => bell.ring())
  const onEnd = (): void => bell.ring()
  ended.addEventListener('abort', onEnd)
  let isSilent = true
  const heartbeat = setInterval(() => {
    isSilent = true
    bell.ring()
  }, heartbeatMs)
  heartbeat.unref()
  try {
    let position = selection.after ?? (await storage.lastChangePosition(selection.tenant))
    while (!ended.aborted) {
      // Before the store is read: a commit that comes while it is being read rings once more.
      bell.silence()
      const batch = await readAfter(storage, selection, position)
      position = batch.position
      if (ended.aborted) return
      if (batch.changes.length > 0 || isSilent) {
        isSilent = false
        yield batch
      }
      if (batch.changes.length === PAGE_LIMIT) continue
      await bell.heard(pollMs)
      if (!ended.aborted) await delay(GATHER_MS, undefined, { ref: false })
    }
  } finally {
    clearInterval(heartbeat)
    ended.removeEventListener('abort', onEnd)
    unsubscribe()
  }
}

/** Moves on past lines that were not asked for as well, so that none is looked at twice. */
async function readAfter(
  storage: ChangeFeedParts['storage'],
  selection: FieldChangeSelection,
  after: number,
): Promise<FeedBatch> {
  // Read first: what is committed between the two reads is in the page, or else beyond this position.
  const newest = await storage.lastChangePosition(selection.tenant)
  const page = await storage.listFieldChanges({
    ...selection,
    order: 'oldest',
    after,
    cursor: null,
    limit: PAGE_LIMIT,
  })
  const last = page.items.at(-1)?.position ?? after
  return { changes: page.items, position: page.next === null ? Math.max(newest, last) : last }
}

/** Remembers that it was rung until it is heard. */
class Doorbell {
  #isRung = false
  #wake: (() => void) | null = null

  ring(): void {
    this.#isRung = true
    this.#wake?.()
  }

  silence(): void {
    this.#isRung = false
  }

  /** Resolves once it has been rung since it was silenced, or after `timeoutMs`. */
  async heard(timeoutMs: number): Promise<void> {
    if (this.#isRung) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      timer.unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = null
  }
}
