// A server that nobody keeps: what is measured is dropped, and nobody asks how it does.
import { createDirectInspector } from '../../server/inspection/inspector.ts'
import type { Measures } from '../../server/measures.ts'
import type { RestParts } from '../../server/protocols/rest/rest-context.ts'
import { SessionDirectory } from '../../server/protocols/session-directory.ts'
import type { Storage } from '../../server/storage/storage.ts'

const drop = (): void => {}

export const noMeasures: Measures = {
  clock: () => 0,
  committed: drop,
  acknowledged: drop,
  refused: drop,
  tried: drop,
  ended: drop,
}

const unkept = (): Promise<never> => Promise.reject(new Error('nobody keeps this server'))

export const unobserved = (
  storage: Storage,
): Pick<RestParts, 'operatorRoles' | 'operations' | 'sessions' | 'inspector'> => ({
  operatorRoles: [],
  operations: { metrics: unkept, report: unkept },
  sessions: new SessionDirectory(),
  inspector: createDirectInspector(storage),
})
