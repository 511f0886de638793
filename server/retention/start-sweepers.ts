/** What the server keeps for a time: kept answers (W16) and events of the outbox (M7). */
import type { Log } from '../log.ts'
import { systemTimers } from '../projection/timers.ts'
import type { Storage } from '../storage/storage.ts'
import { Sweeper } from './sweeper.ts'

export interface SweepersParts {
  readonly storage: Pick<Storage, 'forgetAnswers' | 'forgetEvents'>
  readonly log: Pick<Log, 'warn'>
  /** ISO 8601. */
  readonly now: () => string
}

/** In days. */
export interface KeptFor {
  readonly answerDays: number
  readonly outboxDays: number
}

const MS_PER_DAY = 86_400_000

/** They run from now on; whoever starts them stops each. */
export function startSweepers(
  { answerDays, outboxDays }: KeptFor,
  { storage, log, now }: SweepersParts,
): readonly Sweeper[] {
  const parts = { log, now, timers: systemTimers }
  return [
    new Sweeper({
      ...parts,
      what: 'answers',
      forget: (before, limit) => storage.forgetAnswers(before, limit),
      keptMs: answerDays * MS_PER_DAY,
    }),
    new Sweeper({
      ...parts,
      what: 'events',
      forget: (before, limit) => storage.forgetEvents(before, limit),
      keptMs: outboxDays * MS_PER_DAY,
    }),
  ]
}
