// The server that the authorization matrix runs against, and the loop over its cells.
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { RestAnswer } from '../../support/rest-client.ts'
import { ServerProcess } from '../../support/server-process.ts'
import type { Who as Claims, Doors, OpenDoors } from '../doors.ts'
import { JWT_SECRET, openDoors } from '../doors.ts'
import type { Cell, Tenant, Who } from './oracle.ts'
import { HOME, sampleOf, tables } from './oracle.ts'

export interface Matrix extends OpenDoors {
  readonly server: ServerProcess
}

export async function openMatrix(): Promise<Matrix> {
  const server = await ServerProcess.start({
    SLUICE_CONFIG: fileURLToPath(new URL('sluice.config.ts', import.meta.url)),
    SLUICE_JWT_SECRET: JWT_SECRET,
    SLUICE_REQUESTS_PER_SECOND: '100000',
    SLUICE_LOG_LEVEL: 'silent',
  })
  return { server, ...openDoors(server) }
}

/** The owner has no role: what he may do, he may do because a record names him. */
export const claims = (who: Who, tenant: Tenant): Claims => ({
  sub: who,
  tenant,
  roles: who === 'owner' || who === 'visitor' ? [] : [who],
})

/** May write everything in the collection: the one that the seeds are written by. */
export const seeder = (collection: string): Claims =>
  claims(collection === 'diaries' ? 'owner' : 'doctor', HOME)

/** What became of a request: the code, and the field that it names. */
export const codeOf = ({ status, body }: RestAnswer): string =>
  status < 300 ? 'ok' : body.field === undefined ? body.code : `${body.code} ${body.field}`

let seeds = 0

/** A record with a value in each field, in the home tenant. Nobody may write to `broken`, so it has none. */
export async function seed({ rest }: Pick<Doors, 'rest'>, collection: string): Promise<string> {
  seeds += 1
  const id = `r${seeds}`
  if (collection === 'broken') return id
  const fields = Object.keys(tables[collection]?.fields ?? {})
  const body = Object.fromEntries(fields.map((field) => [field, sampleOf(field, 'seeded')]))
  const answer = await rest(seeder(collection)).put(`records/${collection}/${id}`, body)
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return id
}

/** Runs every cell and compares all answers at once, so that a failure shows every cell that is wrong. */
export async function expectCells(
  cells: readonly Cell[],
  expected: (cell: Cell) => string,
  act: (cell: Cell) => Promise<string>,
): Promise<void> {
  const wrong: string[] = []
  const answers = new Set<string>()
  const run = async (cell: Cell): Promise<void> => {
    const answer = await act(cell)
    answers.add(answer)
    const { who, tenant, collection, field, document = '' } = cell
    if (answer !== expected(cell))
      wrong.push(
        `${who} of ${tenant}, ${collection}.${field}${document}: ${answer}, and not ${expected(cell)}`,
      )
  }
  for (let at = 0; at < cells.length; at += ABREAST) await Promise.all(cells.slice(at, at + ABREAST).map(run))
  expect(wrong).toEqual([])
  // A matrix that only ever denies, or only ever grants, proves nothing.
  expect(answers.size).toBeGreaterThan(1)
}

const ABREAST = 8
