// FlowEra's write-back queue: order, repetition, tenants, clocks.
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import { feature } from './feature.ts'

feature(
  'E1',
  'of two writes to one field the later received stands, and of two fields both',
  ['rest', 'upload'],
  async (doors) => {
    const { rest, upload } = doors
    const { etag } = await rest('ann').put('records/tasks/e1', { title: 'Call', status: 'open' })
    const metadata = { sluiceVersion: etag.replaceAll('"', '') }
    await rest('ann').patch('records/tasks/e1', { title: 'by ann', status: 'done' }, { 'if-match': etag })
    const [late] = await upload('bob', {
      op: 'PATCH',
      type: 'tasks',
      id: 'e1',
      data: { title: 'by bob' },
      metadata,
    })
    expect(late.status).toBe('merged')
    const { fields } = (await rest('ann').get('records/tasks/e1')).body
    expect(fields).toMatchObject({ title: 'by bob', status: 'done' })
  },
)

feature(
  'E2',
  'a queue that was cut off, by the app or by the server, is sent again whole and takes effect once',
  ['rest', 'upload', 'process'],
  async ({ rest, upload, process }) => {
    await rest('ann').put('records/items/e2', { name: 'Bolt', stock: 100 })
    const queue = Array.from({ length: 30 }, (_, sale) => ({
      op: 'PATCH' as const,
      type: 'items',
      id: 'e2',
      data: { stock: 99 - sale },
      old: { stock: 100 - sale },
      op_id: 9_200 + sale,
      tx_id: sale,
    }))
    const cutOff = upload('bob', ...queue).catch((error: unknown) => error)
    await until(
      async () => (await rest('ann').get('records/items/e2')).body.fields.stock < 100,
      'the first operations',
    )
    await process.restart()
    await cutOff
    const results = await upload('bob', ...queue)
    expect(new Set(results.map(({ status }) => status)).has('rejected')).toBe(false)
    expect(results[0]?.status).toBe('duplicate')
    expect((await rest('ann').get('records/items/e2')).body.fields.stock).toBe(70)
    expect((await rest('ann').get('changes?record=e2&author=bob&limit=100')).body.items).toHaveLength(30)
  },
)

feature(
  'E3',
  'operation, id, values and client time of a mutation are kept',
  ['upload', 'rest'],
  async ({ upload, rest }) => {
    await upload(
      'bob',
      { op: 'PUT', type: 'tasks', id: 'e3', data: { title: 'Call' } },
      {
        op: 'PATCH',
        type: 'tasks',
        id: 'e3',
        data: { title: 'Call back' },
        metadata: { editedAt: '2026-03-01T09:30:00+01:00' },
      },
      { op: 'DELETE', type: 'tasks', id: 'e3' },
    )
    const { items } = (await rest('bob').get('records/tasks/e3/history')).body
    expect(items).toMatchObject([
      { field: '_deleted', operation: 'delete' },
      { operation: 'set', newValue: 'Call back', claimedAt: '2026-03-01T08:30:00.000Z' },
      { operation: 'set', newValue: expect.anything() },
      { operation: 'set', newValue: 'Call', claimedAt: null },
    ])
  },
)

feature('E4', 'operations are applied in their order', ['upload', 'rest'], async ({ upload, rest }) => {
  const results = await upload(
    'bob',
    { op: 'PUT', type: 'tasks', id: 'e4', data: { title: 'one' } },
    { op: 'PATCH', type: 'tasks', id: 'e4', data: { title: 'two' } },
    { op: 'DELETE', type: 'tasks', id: 'e4' },
    { op: 'PUT', type: 'tasks', id: 'e4', data: { title: 'three' } },
  )
  expect(results.map(({ status }) => status)).toEqual(['applied', 'applied', 'applied', 'applied'])
  expect((await rest('bob').get('records/tasks/e4')).body.fields.title).toBe('three')
})

feature(
  'E4',
  'the tenant is that of the token, whatever a body says, and nobody sees the records of another',
  ['rest', 'upload', 'automerge', 'sql'],
  async ({ rest, upload, automerge, sql }) => {
    const [ann, eve] = [
      { sub: 'ann', tenant: 'acme' },
      { sub: 'eve', tenant: 'evil' },
    ]
    const { body } = await rest(ann).put('records/tasks/e4-tenant', { title: 'Secret' })
    expect((await rest(eve).get('records/tasks/e4-tenant')).status).toBe(404)
    const [forged, created] = await upload(
      eve,
      { op: 'PATCH', type: 'tasks', id: 'e4-tenant', data: { title: 'Forged', tenant_id: 'acme' } },
      { op: 'PUT', type: 'tasks', id: 'e4-tenant', data: { title: 'Mine', tenant_id: 'acme' } },
    )
    expect([forged.error.code, created.status]).toEqual(['not_found', 'applied'])
    expect(sql("SELECT tenant, title FROM tasks WHERE id = 'e4-tenant' ORDER BY tenant")).toEqual([
      { tenant: 'acme', title: 'Secret' },
      { tenant: 'evil', title: 'Mine' },
    ])
    await expect(automerge(eve).find(body.automergeUrl)).rejects.toThrow(/unavailable/)
    expect((await rest(eve).get('changes?record=e4-tenant')).body.items).not.toContainEqual(
      expect.objectContaining({ author: 'ann' }),
    )
  },
)

feature(
  'E5',
  'by receipt, a phone whose clock runs ahead or behind gains and loses nothing',
  ['rest', 'upload'],
  async (doors) => {
    const { rest, upload } = doors
    const { etag } = await rest('ann').put('records/tasks/e5', { title: 'Call' })
    const ahead = { 'if-match': etag, 'sluice-edited-at': '2099-01-01T00:00:00Z' }
    await rest('ann').patch('records/tasks/e5', { title: 'from 2099' }, ahead)
    const [late] = await upload('bob', {
      op: 'PATCH',
      type: 'tasks',
      id: 'e5',
      data: { title: 'from 1999' },
      metadata: { sluiceVersion: etag.replaceAll('"', ''), editedAt: '1999-01-01T00:00:00Z' },
    })
    expect(late.status).toBe('merged')
    expect((await rest('ann').get('records/tasks/e5')).body.fields.title).toBe('from 1999')
  },
)
