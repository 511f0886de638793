// What rooms are given where a test is about something else: everybody may, nothing is told, and all is done in place.
import { setTimeout as delay } from 'node:timers/promises'
import { defaultAutomergeLimits } from '../../server/gate/automerge-limits.ts'
import { defaultYjsLimits } from '../../server/gate/yjs-limits.ts'
import { directDocumentSaver } from '../../server/rooms/document-saver.ts'
import type { RoomContext } from '../../server/rooms/room-context.ts'
import { StoreHealth } from '../../server/rooms/store-health.ts'
import { directTrials } from '../../server/rooms/trials.ts'
import { directTurns } from '../../server/rooms/turns.ts'
import type { Storage } from '../../server/storage/storage.ts'
import { loudAuthorizer } from './loud-authorizer.ts'
import { noMeasures } from './unobserved.ts'

const quiet = (): undefined => undefined
const now = (): string => new Date().toISOString()

export const silentLog: RoomContext['log'] = { debug: quiet, info: quiet, warn: quiet, error: quiet }

export const roomContext = (storage: Storage, given: Partial<RoomContext> = {}): RoomContext => ({
  storage,
  authorizer: loudAuthorizer,
  health: new StoreHealth(now, quiet),
  commits: { fire: quiet },
  measures: noMeasures,
  log: silentLog,
  now,
  sleep: (ms) => delay(ms),
  automergeLimits: defaultAutomergeLimits,
  yjsLimits: defaultYjsLimits,
  trials: directTrials,
  saver: directDocumentSaver,
  turns: directTurns,
  ...given,
})
