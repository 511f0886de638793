// Declares one acceptance test of one row of features.ts. Every test file has a server process of its own.
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, it } from 'vitest'
import { ServerProcess } from '../support/server-process.ts'
import type { Doors, OpenDoors } from './doors.ts'
import { JWT_SECRET, openDoors } from './doors.ts'
import type { FeatureId } from './features.ts'

let server: ServerProcess
let opened: OpenDoors

beforeAll(async () => {
  server = await ServerProcess.start({
    SLUICE_CONFIG: fileURLToPath(new URL('sluice.config.ts', import.meta.url)),
    SLUICE_JWT_SECRET: JWT_SECRET,
    SLUICE_REVOKER_ROLE: 'steward',
    SLUICE_OPERATOR_ROLES: 'operator',
  })
  opened = openDoors(server)
})
afterEach(() => opened.close())
afterAll(() => server[Symbol.asyncDispose]())

/**
 * @param doors those that the test goes through: it is given no others, and docs/FEATURES.md names them.
 */
export function feature<Through extends keyof Doors>(
  id: FeatureId,
  name: string,
  doors: readonly Through[],
  run: (doors: Pick<Doors, Through>) => Promise<void>,
): void {
  it(`${id}: ${name}`, () => {
    const named = Object.fromEntries(doors.map((door) => [door, opened.doors[door]]))
    return run(named as Pick<Doors, Through>)
  })
}
