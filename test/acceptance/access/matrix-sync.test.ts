// The authorization matrix of the sync door: every actor, tenant, collection and field.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SyncWire } from '../../support/sync-wire.ts'
import { set } from '../../support/sync-wire.ts'
import type { Matrix } from './matrix.ts'
import { claims, expectCells, openMatrix, seed, seeder } from './matrix.ts'
import type { Cell } from './oracle.ts'
import { cellsOf, isClosed, mayWrite, reads, readsField, sampleOf, tables, writeAnswer } from './oracle.ts'

let matrix: Matrix
const ids = new Map<string, string>()
const wires = new Map<string, Promise<SyncWire>>()

beforeAll(async () => {
  matrix = await openMatrix()
  for (const collection of Object.keys(tables)) ids.set(collection, await seed(matrix.doors, collection))
})
afterAll(async () => {
  await matrix.close()
  await matrix.server[Symbol.asyncDispose]()
})

/** One socket for each actor of each tenant. */
function by({ who, tenant }: Cell): Promise<SyncWire> {
  const name = `${who} ${tenant}`
  const wire = wires.get(name) ?? matrix.doors.sync(claims(who, tenant))
  wires.set(name, wire)
  return wire
}

const exists = ({ collection }: Cell): boolean => collection !== 'broken'
const fieldsOf = ({ collection }: Cell): readonly string[] => Object.keys(tables[collection]?.fields ?? {})

describe('K11: the sync door', () => {
  it('A3: a record, and a list, show the fields that one may read, and name those that one may not write', () =>
    expectCells(
      cellsOf('collection'),
      (cell) => {
        const list = isClosed(cell) ? 'forbidden' : 'shown'
        if (!exists(cell) || !reads(cell)) return `missing, ${isClosed(cell) ? 'forbidden' : 'not listed'}`
        const seen = fieldsOf(cell).filter((field) => readsField(cell, field))
        const readOnly = seen.filter((field) => !mayWrite(cell, field))
        return `${seen.join(' ')}; read only: ${readOnly.join(' ')}, ${list}`
      },
      async (cell) => {
        const wire = await by(cell)
        const id = ids.get(cell.collection) ?? ''
        const { status, fields, readOnly } = await wire.record(cell.collection, id)
        const channel = wire.nextChannel()
        const query = { collection: cell.collection, where: {}, orderBy: null, after: null, limit: 100 }
        wire.send({ type: 'query.open', channel, query, known: null })
        const told = await wire.next(['closed', 'query.page'], channel)
        const row = told.type === 'closed' ? undefined : told.rows.find((one) => one.id === id)
        if (row !== undefined) expect(row.fields).toEqual(fields)
        const answer = told.type === 'closed' ? told.code : row === undefined ? 'not listed' : 'shown'
        wire.send({ type: 'close', channel })
        return status === 'missing'
          ? `missing, ${answer}`
          : `${Object.keys(fields).join(' ')}; read only: ${readOnly.join(' ')}, ${answer}`
      },
    ))

  it('A2: a change of a field, and nothing is written by who may not', () =>
    expectCells(cellsOf('field'), writeAnswer, async (cell) => {
      const field = cell.field ?? ''
      const id = await seed(matrix.doors, cell.collection)
      const look = () => matrix.doors.rest(seeder(cell.collection)).get(`records/${cell.collection}/${id}`)
      const before = await look()
      const wire = await by(cell)
      const result = await wire.change({
        collection: cell.collection,
        recordId: id,
        ops: [set(field, field === 'owner' ? 'somebody else' : sampleOf(field, 'written later'))],
        seen: '*',
      })
      const after = await look()
      expect(before.etag !== after.etag).toBe(result.status === 'done')
      if (result.status === 'done') return 'written'
      const { field: named } = result.details
      return named === undefined ? result.code : `${result.code} ${String(named)}`
    }))

  it('A2: a delete, and nothing is deleted by who may not', () =>
    expectCells(cellsOf('collection'), writeAnswer, async (cell) => {
      const id = await seed(matrix.doors, cell.collection)
      const wire = await by(cell)
      const deletion = { collection: cell.collection, recordId: id, intent: 'delete', seen: '*' } as const
      const result = await wire.change(deletion)
      const { status } = await matrix.doors
        .rest(seeder(cell.collection))
        .get(`records/${cell.collection}/${id}`)
      if (exists(cell)) expect(status).toBe(result.status === 'done' ? 404 : 200)
      return result.status === 'done' ? 'written' : result.code
    }))
})
