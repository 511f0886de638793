/**
 * Has what clients meet first compiled, once the server serves: letting them in, reading texts, and, as soon
 * as there are any, writing records, which takes memory that a server of texts alone does not need. It is done a little in
 * each turn of the event loop, and not while people come in: they do the same work themselves.
 */
import type { Log } from './log.ts'
import type { SessionDirectory } from './protocols/session-directory.ts'
import type { JoinWarmUpParts } from './protocols/warm-up-joins.ts'
import { warmUpJoins } from './protocols/warm-up-joins.ts'
import type { CommitSignal } from './rooms/commit-signal.ts'
import { warmUpRecords } from './rooms/warm-up-records.ts'
import { warmUpTexts } from './rooms/warm-up-texts.ts'

export interface WarmUpParts extends JoinWarmUpParts {
  readonly sessions: Pick<SessionDirectory, 'everCame'>
  readonly commits: Pick<CommitSignal, 'subscribe'>
  readonly log: Log
  readonly sleep: (ms: number) => Promise<void>
  /** Ends it, if it is not done. */
  readonly stopping: AbortSignal
}

/** How long those who come are left alone before it is looked again. */
const LEFT_ALONE_MS = 100

/** Resolves when it is done, or is to end. */
export async function warmUp({ sessions, sleep, stopping, commits, ...parts }: WarmUpParts): Promise<void> {
  const pause = async (): Promise<void> => {
    for (;;) {
      stopping.throwIfAborted()
      const came = sessions.everCame
      await parts.pause()
      if (sessions.everCame === came) return
      await sleep(LEFT_ALONE_MS)
    }
  }
  const recordsAreWritten = firstCommit(commits, stopping)
  try {
    await warmUpJoins({ ...parts, pause })
    await warmUpTexts(pause)
    await recordsAreWritten
    await warmUpRecords(pause)
  } catch (error) {
    if (!stopping.aborted) parts.log.warn({ err: error }, 'the server could not be warmed up')
  }
}

/** Resolves with the first commit of fields, or when it is to end. */
function firstCommit(commits: WarmUpParts['commits'], stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      unsubscribe()
      stopping.removeEventListener('abort', end)
      resolve()
    }
    const unsubscribe = commits.subscribe(end)
    stopping.addEventListener('abort', end)
    if (stopping.aborted) end()
  })
}
