// Policies through the upload door: what a PowerSync client is told, and what becomes of its queue.
import { collection, s } from 'sluice'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../shared/json.ts'
import type { RestBench } from '../rest/rest-bench.ts'
import { openRest } from '../rest/rest-bench.ts'
import { batch, crud, statuses } from './upload-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest({
    collections: {
      kept: collection({ title: s.string() }, { deletes: 'update-wins' }),
      gone: collection({ title: s.string() }),
      held: collection({ title: s.string() }, { deletes: 'hold' }),
      orders: collection({ status: s.states({ open: ['done'], done: [] }), note: s.string() }),
      patients: collection(
        {
          diagnosis: s.string().critical(),
          dose: s.number().critical({ group: 'medication' }),
          unit: s.string().critical({ group: 'medication' }),
          status: s.states({ open: ['doing'], doing: ['done'], done: [] }),
          seen: s.boolean().default(false),
          name: s.string(),
        },
        { deletes: 'hold' },
      ),
      versioned: collection(
        { title: s.string(), version: s.number() },
        { concurrency: { mode: 'row-version', field: 'version' } },
      ),
    },
  })
})
afterAll(() => rest.close())

const upload = (...ops: JsonObject[]) => rest.call('POST', '/v1/upload', { body: batch(...ops), as: 'ann' })
const read = (path: string) => rest.call('GET', `/v1/records/${path}`)

describe('P2, F3: an update of a record that was deleted meanwhile', () => {
  const editDeleted = async (table: string) => {
    await upload(crud('PUT', table, 'x', { data: { title: 'one' } }))
    await rest.call('DELETE', `/v1/records/${table}/x`, { as: 'bob' })
    return upload(crud('PATCH', table, 'x', { data: { title: 'two' } }))
  }

  test('is kept or ignored or held, as the collection says, though the client names no version', async () => {
    expect(statuses(await editDeleted('kept'))).toEqual(['applied'])
    expect((await read('kept/x')).body.fields.title).toBe('two')

    expect(statuses(await editDeleted('gone'))).toEqual(['superseded'])
    expect((await read('gone/x')).status).toBe(404)

    const answer = await editDeleted('held')
    expect(statuses(answer)).toEqual(['held'])
    expect((await read('held/x')).status).toBe(404)
    const { conflictId } = answer.body.results[0].fields.title
    expect((await rest.call('GET', `/v1/conflicts/${conflictId}`)).body).toMatchObject({
      kind: 'delete-update',
      challengers: [{ value: { title: 'two' }, author: 'ann' }],
    })
  })

  test('of one that never was is a dead letter: it waits in the inbox and holds up nothing (P14)', async () => {
    const answer = await upload(
      crud('PATCH', 'gone', 'never', { data: { title: 'two' } }),
      crud('PUT', 'gone', 'next', { data: { title: 'next' } }),
    )
    expect(statuses(answer)).toEqual(['rejected', 'applied'])
    const { conflictId, code } = answer.body.results[0].fields.title
    expect(code).toBe('not_found')
    expect((await rest.call('GET', `/v1/conflicts/${conflictId}`)).body).toMatchObject({
      kind: 'dead-letter',
      collection: 'gone',
      recordId: 'never',
      state: 'open',
      challengers: [{ value: { title: 'two' }, door: 'upload' }],
    })
  })
})

describe('P8: what a rule refuses', () => {
  test('is that field alone, with a code, and is no dead letter', async () => {
    await upload(crud('PUT', 'orders', 'o', { data: { note: 'a' } }))
    await upload(crud('PATCH', 'orders', 'o', { data: { status: 'done' } }))
    const answer = await upload(crud('PATCH', 'orders', 'o', { data: { status: 'open', note: 'b' } }))
    const [result] = answer.body.results
    expect(result.fields).toMatchObject({
      status: { outcome: 'rejected', code: 'illegal_transition' },
      note: { outcome: 'applied' },
    })
    expect(result.fields.status.conflictId).toBeUndefined()
    expect((await read('orders/o')).body.fields).toMatchObject({ status: 'done', note: 'b' })
  })

  test('P4: a stale version is refused whole, with what was expected; so is one that names none', async () => {
    await upload(crud('PUT', 'versioned', 'v', { data: { title: 'one' } }))
    expect(
      statuses(await upload(crud('PATCH', 'versioned', 'v', { data: { title: 'two', version: 1 } }))),
    ).toEqual(['applied'])
    const stale = await upload(crud('PATCH', 'versioned', 'v', { data: { title: 'three', version: 1 } }))
    expect(stale.body.results[0]).toMatchObject({ status: 'rejected', error: { code: 'stale_version' } })
    const blind = await upload(crud('PATCH', 'versioned', 'v', { data: { title: 'four' } }))
    expect(blind.body.results[0]).toMatchObject({ status: 'rejected', error: { code: 'version_required' } })
    expect((await read('versioned/v')).body.fields).toEqual({ title: 'two', version: 2 })
  })
})

describe('C1: a stock client names no version, but what its columns held before tells what it had not seen', () => {
  const start = (id: string) =>
    upload(crud('PUT', 'patients', id, { data: { diagnosis: 'flu', dose: 5, unit: 'mg', name: 'Ada' } }))
  const change = (id: string, data: JsonObject, old: JsonObject) =>
    upload(crud('PATCH', 'patients', id, { data, old }))
  const outcomes = (answer: Awaited<ReturnType<typeof upload>>) =>
    Object.fromEntries(
      Object.entries(answer.body.results[0].fields as Record<string, { readonly outcome: string }>).map(
        ([field, { outcome }]) => [field, outcome],
      ),
    )

  test('two who changed the same critical value compete; what they did see is applied', async () => {
    await start('c1')
    await change('c1', { diagnosis: 'covid' }, { diagnosis: 'flu' })
    const late = await change('c1', { diagnosis: 'rsv', name: 'Ada L.' }, { diagnosis: 'flu', name: 'Ada' })
    expect(outcomes(late)).toEqual({ diagnosis: 'held', name: 'applied' })
    expect((await read('patients/c1')).body.fields).toMatchObject({ diagnosis: 'covid', name: 'Ada L.' })
    const { conflictId } = late.body.results[0].fields.diagnosis
    expect((await rest.call('GET', `/v1/conflicts/${conflictId}`)).body).toMatchObject({
      base: 'flu',
      incumbent: { value: 'covid' },
      challengers: [{ value: 'rsv' }],
    })
  })

  test('one after the other is no conflict, nor is a default that a column shows', async () => {
    await start('c2')
    await change('c2', { diagnosis: 'covid', seen: 1 }, { diagnosis: 'flu', seen: 0 })
    const next = await change('c2', { diagnosis: 'rsv', seen: 0 }, { diagnosis: 'covid', seen: 1 })
    expect(outcomes(next)).toEqual({ diagnosis: 'applied', seen: 'applied' })
  })

  test('linked fields compete as one, though the client changes only the other', async () => {
    await start('c3')
    await change('c3', { dose: 7 }, { dose: 5, unit: 'mg' })
    expect(outcomes(await change('c3', { unit: 'ml' }, { dose: 5, unit: 'mg' }))).toEqual({ unit: 'held' })
    expect((await read('patients/c3')).body.fields).toMatchObject({ dose: 7, unit: 'mg' })
  })

  test('T3: offline in progress on what is done by now is superseded, not refused', async () => {
    await start('c4')
    await change('c4', { status: 'doing' }, { status: 'open' })
    await change('c4', { status: 'done' }, { status: 'doing' })
    expect(outcomes(await change('c4', { status: 'doing' }, { status: 'open' }))).toEqual({
      status: 'superseded',
    })
    expect((await read('patients/c4')).body.fields.status).toBe('done')
  })

  test('F2: a delete of what was changed meanwhile is held', async () => {
    await start('c5')
    await change('c5', { name: 'Changed' }, { name: 'Ada' })
    const old = { diagnosis: 'flu', name: 'Ada' }
    const deleted = await upload(crud('DELETE', 'patients', 'c5', { old }))
    expect(statuses(deleted)).toEqual(['held'])
    expect((await read('patients/c5')).body).toMatchObject({
      fields: { name: 'Changed' },
      disputed: { _deleted: {} },
    })
  })
})
