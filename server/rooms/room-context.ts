/** What every room is given by the composition root. */
import type { Authorizer } from '../auth/authorizer.ts'
import type { AutomergeLimits } from '../gate/automerge-gate.ts'
import type { YjsLimits } from '../gate/yjs-gate.ts'
import type { Log } from '../log.ts'
import type { Measures } from '../measures.ts'
import type { Storage } from '../storage/storage.ts'
import type { CommitSignal } from './commit-signal.ts'
import type { DocumentSaver } from './document-saver.ts'
import type { StoreHealth } from './store-health.ts'
import type { Trials } from './trials.ts'
import type { Turns } from './turns.ts'

export interface RoomContext {
  readonly storage: Storage
  readonly authorizer: Authorizer
  readonly health: StoreHealth
  /** Fired after each commit that the change log or the inbox tells of, and after an erasure. */
  readonly commits: Pick<CommitSignal, 'fire'>
  readonly measures: Measures
  readonly log: Log
  /** Now, ISO 8601. */
  readonly now: () => string
  readonly sleep: (ms: number) => Promise<void>
  readonly automergeLimits: AutomergeLimits
  readonly yjsLimits: YjsLimits
  readonly trials: Trials
  readonly saver: DocumentSaver
  readonly turns: Turns
}
