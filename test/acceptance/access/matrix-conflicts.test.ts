// The authorization matrix of the inbox: every actor and tenant on conflicts of fields that not everybody may read,
// write or resolve.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RestAnswer } from '../../support/rest-client.ts'
import { seenOf } from '../sides.ts'
import type { Matrix } from './matrix.ts'
import { claims, codeOf, expectCells, openMatrix, seed, seeder } from './matrix.ts'
import type { Cell } from './oracle.ts'
import { cellsOf, HOME, mayWrite, readsField } from './oracle.ts'

// Many cells in each test, on a machine that may have other things to do.

let matrix: Matrix
beforeAll(async () => {
  matrix = await openMatrix()
})
afterAll(async () => {
  await matrix.close()
  await matrix.server[Symbol.asyncDispose]()
})

/** The critical fields of the schema. */
const CRITICAL: Readonly<Record<string, string>> = { charts: 'diagnosis', wards: 'name' }
const cells = cellsOf('field').filter(({ collection, field }) => CRITICAL[collection] === field)

const by = ({ who, tenant }: Cell) => matrix.doors.rest(claims(who, tenant))

interface Disputed {
  readonly recordId: string
  // biome-ignore lint/suspicious/noExplicitAny: a conflict as REST answers it
  readonly conflict: any
}

/** Two writes of the field that did not see each other, by the one who may write it. */
async function dispute({ collection, field }: Cell): Promise<Disputed> {
  const door = matrix.doors.rest(seeder(collection))
  const recordId = await seed(matrix.doors, collection)
  const path = `records/${collection}/${recordId}`
  const { etag } = await door.get(path)
  const seen = { 'If-Match': etag }
  await door.patch(path, { [field ?? '']: 'one opinion' }, seen)
  const other = matrix.doors.rest({ sub: 'second', tenant: HOME, roles: ['doctor'] })
  const { body } = await other.patch(path, { [field ?? '']: 'another opinion' }, seen)
  const { conflictId } = body.outcomes[field ?? '']
  return { recordId, conflict: (await door.get(`conflicts/${conflictId}`)).body }
}

/** Charts name their resolvers; of wards it is whoever may write the field. */
const mayResolve = (cell: Cell): boolean =>
  readsField(cell) && (cell.collection === 'charts' ? cell.who === 'doctor' : mayWrite(cell))
const decided = (cell: Cell): string =>
  !readsField(cell) ? 'not_found' : mayResolve(cell) ? 'ok' : `forbidden ${cell.field}`

describe('A5: the inbox', () => {
  it('a conflict is for those who may read its fields', () =>
    expectCells(
      cells,
      (cell) => (readsField(cell) ? 'ok' : 'not_found'),
      async (cell) => {
        const { conflict, recordId } = await dispute(cell)
        const lists = await Promise.all(
          [`conflicts?record=${recordId}`, `conflicts?field=${cell.field}&limit=200`].map((path) =>
            by(cell).get(path),
          ),
        )
        const answer = await by(cell).get(`conflicts/${conflict.id}`)
        const isListed = lists.map(({ body }) =>
          body.items.some(({ id }: { id: string }) => id === conflict.id),
        )
        expect(isListed).toEqual([answer.status === 200, answer.status === 200])
        const record = await by(cell).get(`records/${cell.collection}/${recordId}`)
        expect(cell.field !== null && cell.field in (record.body.disputed ?? {})).toBe(readsField(cell))
        return codeOf(answer)
      },
    ))

  const actions: readonly (readonly [
    name: string,
    act: (cell: Cell, on: Disputed) => Promise<RestAnswer>,
  ])[] = [
    [
      'a decision',
      (cell, { conflict }) =>
        by(cell).put(`conflicts/${conflict.id}/resolution`, {
          choose: conflict.challengers[0].id,
          seen: seenOf(conflict),
        }),
    ],
    [
      'a dismissal',
      (cell, { conflict }) =>
        by(cell).put(`conflicts/${conflict.id}/dismissal`, { note: 'no', seen: seenOf(conflict) }),
    ],
    [
      'an assignment',
      (cell, { conflict }) => by(cell).patch(`conflicts/${conflict.id}`, { assignee: 'doctor' }),
    ],
    [
      'a comment',
      (cell, { conflict }) =>
        by(cell).send('POST', `conflicts/${conflict.id}/comments`, { text: 'look at this' }),
    ],
  ]
  it.each(actions)('%s is for those who may resolve it', (_name, act) =>
    expectCells(cells, decided, async (cell) => {
      const on = await dispute(cell)
      const answer = codeOf(await act(cell, on))
      const { body } = await matrix.doors.rest(seeder(cell.collection)).get(`conflicts/${on.conflict.id}`)
      expect(body.events.length > on.conflict.events.length).toBe(answer === 'ok')
      return answer
    }),
  )

  it('taking a decision back', () =>
    expectCells(cells, decided, async (cell) => {
      const { conflict } = await dispute(cell)
      const decision = { choose: conflict.incumbent.id, seen: seenOf(conflict) }
      await matrix.doors.rest(seeder(cell.collection)).put(`conflicts/${conflict.id}/resolution`, decision)
      return codeOf(await by(cell).delete(`conflicts/${conflict.id}/resolution`))
    }))

  it('in bulk: what he may not see is not counted, what he may not decide is told as that', () =>
    expectCells(
      cells,
      (cell) =>
        !readsField(cell) ? '0 found' : mayResolve(cell) ? '1 found, decided' : '1 found, forbidden',
      async (cell) => {
        const { recordId } = await dispute(cell)
        const request = { filter: { record: recordId }, action: { choose: 'incumbent' } }
        const dry = await by(cell).send('POST', 'conflicts/bulk', { ...request, dryRun: true })
        const run = await by(cell).send('POST', 'conflicts/bulk', { ...request, dryRun: false })
        expect(dry.body.count).toBe(run.body.count)
        return [
          `${dry.body.count} found`,
          ...run.body.results.map(({ status }: { status: string }) => status),
        ].join(', ')
      },
    ))

  it('a lost change is written again by its author alone, if he may write the field still', () =>
    expectCells(
      cells,
      (cell) => {
        if (!readsField(cell)) return 'not_found'
        return cell.who === 'doctor' ? 'ok' : 'forbidden'
      },
      async (cell) => {
        const { conflict } = await dispute(cell)
        const door = matrix.doors.rest(seeder(cell.collection))
        const decision = { value: 'a third opinion', seen: seenOf(conflict) }
        await door.put(`conflicts/${conflict.id}/resolution`, decision)
        const { body } = await door.get(
          `changes?record=${conflict.recordId}&author=doctor&outcome=superseded`,
        )
        const [lost] = body.items
        return codeOf(await by(cell).send('POST', `changes/${lost.position}/restore`, undefined))
      },
    ))
})
