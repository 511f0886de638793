// The authorization matrix of writing by the REST and the upload door: every actor, tenant, collection and field.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Matrix } from './matrix.ts'
import { claims, codeOf, expectCells, openMatrix, seed, seeder } from './matrix.ts'
import type { Cell } from './oracle.ts'
import { cellsOf, HOME, isClosed, mayWrite, reads, sampleOf, writeAnswer } from './oracle.ts'

// Many cells in each test, on a machine that may have other things to do.

let matrix: Matrix

beforeAll(async () => {
  matrix = await openMatrix()
})
afterAll(async () => {
  await matrix.close()
  await matrix.server[Symbol.asyncDispose]()
})

const by = ({ who, tenant }: Cell) => matrix.doors.rest(claims(who, tenant))
const perField = cellsOf('field')
const perCollection = cellsOf('collection')

/** There is a record that the cell's actor could read at all. */
const exists = ({ collection }: Cell): boolean => collection !== 'broken'

describe('A2: writing by REST and by upload', () => {
  /** Whoever is denied has changed nothing. */
  const unlessChanged = async (cell: Cell, id: string, act: () => Promise<string>): Promise<string> => {
    const look = () => matrix.doors.rest(seeder(cell.collection)).get(`records/${cell.collection}/${id}`)
    const before = await look()
    const answer = await act()
    const after = await look()
    const isChanged = before.status !== after.status || before.etag !== after.etag
    return isChanged === (answer === 'written') ? answer : `${answer}, and yet something else happened`
  }
  const seeded = async (cell: Cell, act: (id: string) => Promise<string>): Promise<string> => {
    const id = await seed(matrix.doors, cell.collection)
    return unlessChanged(cell, id, () => act(id))
  }
  const asWritten = (answer: string): string => (answer === 'ok' ? 'written' : answer)

  it('a field', () =>
    expectCells(perField, writeAnswer, (cell) =>
      seeded(cell, async (id) => {
        const body = { [cell.field ?? '']: sampleOf(cell.field ?? '', 'written later') }
        // The owner stays who he is, so writing the field changes nothing: it is written twice.
        if (cell.field === 'owner') body.owner = 'somebody else'
        return asWritten(codeOf(await by(cell).patch(`records/${cell.collection}/${id}`, body)))
      }),
    ))

  it('a delete', () =>
    expectCells(perCollection, writeAnswer, (cell) =>
      seeded(cell, async (id) =>
        asWritten(codeOf(await by(cell).delete(`records/${cell.collection}/${id}`))),
      ),
    ))

  it('a new record, with one field', () =>
    expectCells(
      perField,
      (cell) => {
        if (isClosed(cell)) return 'forbidden'
        // A rule that asks who the owner is says no while the record names nobody.
        const isOwnerless = cell.collection === 'diaries' && cell.field !== 'owner'
        return mayWrite(cell) && !isOwnerless ? 'ok' : `forbidden ${cell.field}`
      },
      async (cell) => {
        const field = cell.field ?? ''
        return codeOf(
          await by(cell).send('POST', `records/${cell.collection}`, { [field]: sampleOf(field, 'new') }),
        )
      },
    ))

  it('a complete record leaves alone what its author may not write', () =>
    expectCells(
      perField.filter(({ field }) => field !== 'owner'),
      (cell) => {
        if (isClosed(cell)) return 'forbidden'
        if (cell.tenant !== HOME && exists(cell)) return mayWrite(cell, 'owner') ? 'kept' : 'forbidden owner'
        if (!exists(cell)) return 'forbidden owner'
        if (!reads(cell)) return 'forbidden'
        if (!mayWrite(cell, 'owner')) return 'forbidden owner'
        return mayWrite(cell) ? 'cleared' : 'kept'
      },
      async (cell) => {
        const id = await seed(matrix.doors, cell.collection)
        const path = `records/${cell.collection}/${id}`
        const answer = await by(cell).put(path, { owner: 'owner' })
        if (answer.status >= 300) return codeOf(answer)
        const { body } = await matrix.doors.rest(seeder(cell.collection)).get(path)
        return body.fields[cell.field ?? ''] === null ? 'cleared' : 'kept'
      },
    ))

  const uploaded = (cell: Cell): string => writeAnswer(cell).split(' ')[0] ?? ''
  it('an uploaded patch', () =>
    expectCells(perField, uploaded, (cell) =>
      seeded(cell, async (id) => {
        const field = cell.field ?? ''
        const value = field === 'owner' ? 'somebody else' : sampleOf(field, 'uploaded later')
        const who = claims(cell.who, cell.tenant)
        const entry = { op: 'PATCH', type: cell.collection, id, data: { [field]: value } } as const
        const [result] = await matrix.doors.upload(who, entry)
        return result.status === 'applied' ? 'written' : (result.error?.code ?? result.status)
      }),
    ))

  it('an uploaded delete: of what is not there, or not to be seen, nothing is to be done', () =>
    expectCells(
      perCollection,
      (cell) => (uploaded(cell) === 'not_found' ? 'nothing' : uploaded(cell)),
      (cell) =>
        seeded(cell, async (id) => {
          const who = claims(cell.who, cell.tenant)
          const [result] = await matrix.doors.upload(who, { op: 'DELETE', type: cell.collection, id })
          if (result.error !== undefined) return result.error.code
          const isThere = cell.tenant === HOME && exists(cell) && reads(cell)
          return isThere ? 'written' : 'nothing'
        }),
    ))

  it('a record that has been deleted is created again by those alone who might have read it', async () => {
    const id = await seed(matrix.doors, 'diaries')
    const path = `records/diaries/${id}`
    const [owner, stranger] = [seeder('diaries'), { sub: 'stranger', tenant: HOME }]
    const mine = { owner: 'stranger', title: 'mine now' }
    expect((await matrix.doors.rest(owner).delete(path)).status).toBe(204)
    expect(codeOf(await matrix.doors.rest(stranger).put(path, mine))).toBe('forbidden')
    expect(codeOf(await matrix.doors.rest(stranger).get(`${path}/history`))).toBe('not_found')
    const [result] = await matrix.doors.upload(stranger, { op: 'PUT', type: 'diaries', id, data: mine })
    expect(result.error.code).toBe('forbidden')
    expect((await matrix.doors.rest(owner).put(path, { owner: 'owner', title: 'again' })).status).toBe(201)
    // Of an id that nobody has had, anybody makes his own.
    expect((await matrix.doors.rest(stranger).put(`${path}-new`, mine)).status).toBe(201)
  })
})
