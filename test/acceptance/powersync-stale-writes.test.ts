// PowerSync's strategies 1 and 2: a write that is older than the row is refused whole.
import { expect } from 'vitest'
import { feature } from './feature.ts'

feature(
  'P3',
  'a write older than the row is refused with both times; a newer one is applied; time zones are moot',
  ['rest', 'upload'],
  async ({ rest, upload }) => {
    const path = 'records/documents/p3'
    await rest('ann').put(path, { title: 'A', modifiedAt: '2026-03-01T10:00:00Z' })
    const stale = await rest('bob').patch(path, { title: 'B', modifiedAt: '2026-03-01T10:30:00+01:00' })
    expect(stale).toMatchObject({
      status: 412,
      body: {
        code: 'stale_version',
        expected: '2026-03-01T10:00:00.000Z',
        received: '2026-03-01T09:30:00.000Z',
      },
    })
    const [uploaded] = await upload('bob', {
      op: 'PATCH',
      type: 'documents',
      id: 'p3',
      data: { title: 'B', modifiedAt: '2026-03-01T09:30:00Z' },
    })
    expect(uploaded).toMatchObject({ status: 'rejected', error: { code: 'stale_version' } })
    expect(uploaded.error.message).toContain('2026-03-01T10:00:00.000Z')
    expect(uploaded.error.message).toContain('2026-03-01T09:30:00.000Z')
    const fresh = await rest('bob').patch(path, { title: 'C', modifiedAt: '2026-03-01T12:30:00+01:00' })
    expect(fresh).toMatchObject({
      status: 200,
      body: { fields: { title: 'C', modifiedAt: '2026-03-01T11:30:00.000Z' } },
    })
    const refused = (await rest('bob').get('changes?record=p3&outcome=rejected')).body.items
    expect(refused[0]).toMatchObject({ code: 'stale_version', newValue: expect.anything() })
  },
)

feature(
  'P3',
  'a write without a time is refused, not taken for "no conflict"; of a missing row it says so',
  ['rest', 'upload'],
  async ({ rest, upload }) => {
    await rest('ann').put('records/documents/p3-none', { title: 'A', modifiedAt: '2026-03-01T10:00:00Z' })
    expect(await rest('bob').patch('records/documents/p3-none', { title: 'B' })).toMatchObject({
      status: 428,
      body: { code: 'version_required', remedy: expect.stringContaining('time') },
    })
    const results = await upload(
      'bob',
      { op: 'PATCH', type: 'documents', id: 'p3-none', data: { title: 'B' } },
      { op: 'PATCH', type: 'documents', id: 'p3-none', data: { title: 'B', modifiedAt: null } },
      { op: 'PATCH', type: 'documents', id: 'p3-missing', data: { title: 'B' } },
    )
    expect(results.map(({ error }) => error?.code)).toEqual([
      'version_required',
      'version_required',
      'not_found',
    ])
    expect((await rest('ann').get('records/documents/p3-none')).body.fields.title).toBe('A')
  },
)

feature(
  'P3',
  'a clock that runs ahead counts as the time of receipt, and locks nobody out',
  ['rest'],
  async ({ rest }) => {
    const path = 'records/documents/p3-ahead'
    const ahead = await rest('ann').put(path, { title: 'A', modifiedAt: '2099-01-01T00:00:00Z' })
    expect(Date.parse(ahead.body.fields.modifiedAt)).toBeLessThanOrEqual(Date.now())
    const next = await rest('bob').patch(path, { title: 'B', modifiedAt: new Date().toISOString() })
    expect(next).toMatchObject({ status: 200, body: { fields: { title: 'B' } } })
  },
)

feature(
  'P4',
  'a write that names an older version is refused with expected and received; else the version grows',
  ['rest', 'upload', 'sql'],
  async ({ rest, upload, sql }) => {
    const path = 'records/accounts/p4'
    await rest('ann').put(path, { owner: 'Ada', balance: 1 })
    expect((await rest('ann').get(path)).body.fields.rowVersion).toBe(1)
    expect(await rest('ann').patch(path, { balance: 2, rowVersion: 1 })).toMatchObject({
      status: 200,
      body: { fields: { balance: 2, rowVersion: 2 } },
    })
    expect(await rest('bob').patch(path, { balance: 9, rowVersion: 1 })).toMatchObject({
      status: 412,
      body: { code: 'stale_version', expected: 2, received: 1 },
    })
    const [stale, fresh] = await upload(
      'bob',
      { op: 'PATCH', type: 'accounts', id: 'p4', data: { balance: 9, rowVersion: 1 } },
      { op: 'PATCH', type: 'accounts', id: 'p4', data: { balance: 3, rowVersion: 2 } },
    )
    expect(stale).toMatchObject({ status: 'rejected', error: { code: 'stale_version' } })
    expect(stale.error.message).toMatch(/\b2\b.*\b1\b/)
    expect(fresh.status).toBe('applied')
    expect(sql("SELECT balance, rowVersion FROM accounts WHERE id = 'p4'")).toEqual([
      { balance: 3, rowVersion: 3 },
    ])
  },
)

feature(
  'P4',
  'a write that names no version is refused, not taken for "no conflict"',
  ['rest', 'upload'],
  async ({ rest, upload }) => {
    await rest('ann').put('records/accounts/p4-none', { owner: 'Ada', balance: 1 })
    expect(await rest('bob').patch('records/accounts/p4-none', { balance: 2 })).toMatchObject({
      status: 428,
      body: { code: 'version_required' },
    })
    const [result] = await upload('bob', {
      op: 'PATCH',
      type: 'accounts',
      id: 'p4-none',
      data: { balance: 2 },
    })
    expect(result).toMatchObject({ status: 'rejected', error: { code: 'version_required' } })
    expect((await rest('ann').get('records/accounts/p4-none')).body.fields.balance).toBe(1)
  },
)
