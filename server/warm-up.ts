/**
 * Has what clients meet first compiled, once the server serves: letting them in, reading texts, and saving records. It is done a little in each
 * turn of the event loop, and not while people come in: they do the same work themselves.
 */
import type { Log } from './log.ts'
import type { SessionDirectory } from './protocols/session-directory.ts'
import type { JoinWarmUpParts } from './protocols/warm-up-joins.ts'
import { warmUpJoins } from './protocols/warm-up-joins.ts'
import { warmUpRecords, warmUpTexts } from './rooms/warm-up.ts'

export interface WarmUpParts extends JoinWarmUpParts {
  readonly sessions: Pick<SessionDirectory, 'everCame'>
  readonly log: Log
  readonly sleep: (ms: number) => Promise<void>
  /** Ends it, if it is not done. */
  readonly stopping: AbortSignal
}

/** How long those who come are left alone before it is looked again. */
const LEFT_ALONE_MS = 100

/** Resolves when it is done, or is to end. */
export async function warmUp({ sessions, sleep, stopping, ...parts }: WarmUpParts): Promise<void> {
  const pause = async (): Promise<void> => {
    for (;;) {
      stopping.throwIfAborted()
      const came = sessions.everCame
      await parts.pause()
      if (sessions.everCame === came) return
      await sleep(LEFT_ALONE_MS)
    }
  }
  try {
    await warmUpJoins({ ...parts, pause })
    await warmUpTexts(pause)
    await warmUpRecords(pause)
  } catch (error) {
    if (!stopping.aborted) parts.log.warn({ err: error }, 'the server could not be warmed up')
  }
}
