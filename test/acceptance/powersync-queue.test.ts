// PowerSync's queue: variants of strategy 6, metadata, repetition, dead letters.
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import { feature } from './feature.ts'
import { watchPending } from './pending.ts'

feature(
  'P9',
  'what is logged by upload only is recorded once, and nobody is sent it',
  ['automerge', 'upload', 'rest', 'sql'],
  async ({ automerge, upload, rest, sql }) => {
    const phone = automerge('bob')
    await until(() => phone.repo.peers.length > 0, 'the connection')
    let frames = 0
    phone.onFrame(() => (frames += 1))
    const opened = { op: 'PUT', type: 'events', id: 'p9', data: { name: 'opened', amount: -3 } } as const
    const numbered = { ...opened, op_id: 9_001, tx_id: 9_001 }
    expect((await upload('bob', numbered)).map(({ status }) => status)).toEqual(['applied'])
    expect((await upload('bob', numbered)).map(({ status }) => status)).toEqual(['duplicate'])
    expect(sql("SELECT name, amount FROM events WHERE id = 'p9'")).toEqual([{ name: 'opened', amount: -3 }])
    const { items } = (await rest('ann').get('changes?record=p9')).body
    expect(items.map(({ field }: { field: string }) => field).sort()).toEqual(['amount', 'name'])
    expect(frames).toBe(0)
  },
)

feature(
  'P10',
  'a change is pending until the server has reported heads that hold it, and then is not',
  ['automerge', 'rest'],
  async ({ automerge, rest }) => {
    const { body } = await rest('ann').put('records/tasks/p10', { title: 'Call' })
    const phone = automerge('bob')
    const handle = await phone.find(body.automergeUrl)
    const isPending = await watchPending(phone, handle)
    await phone.goOffline()
    handle.change((task) => {
      task.priority = 1
    })
    expect(isPending()).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(isPending()).toBe(true)
    phone.goOnline()
    await until(() => !isPending(), 'the mark to go')
    expect((await rest('ann').get('records/tasks/p10')).body.fields.priority).toBe(1)
  },
)

feature(
  'P12',
  'device, app version, reason and approval reach policies, log and inbox',
  ['rest', 'upload', 'automerge'],
  async ({ rest, upload, automerge }) => {
    const { body, etag } = await rest('ann').put('records/leads/p12', { phone: '0' })
    const sluiceVersion = etag.replaceAll('"', '')
    await rest('ann').patch(
      'records/leads/p12',
      { phone: '1' },
      { 'if-match': etag, 'sluice-metadata': '{"source":"mobile","reason":"called"}' },
    )
    // Received later, and still it loses: mobile trumps web.
    const [web] = await upload(
      { sub: 'bob', device: 'desk-2' },
      {
        op: 'PATCH',
        type: 'leads',
        id: 'p12',
        data: { phone: '2' },
        metadata: JSON.stringify({ source: 'web', appVersion: '2.1', sluiceVersion }),
      },
    )
    expect(web).toMatchObject({ status: 'superseded', fields: { phone: { outcome: 'superseded' } } })
    const { items } = (await rest('ann').get('changes?record=p12&author=bob')).body
    expect(items).toMatchObject([
      { outcome: 'superseded', device: 'desk-2', metadata: { source: 'web', appVersion: '2.1' } },
    ])
    const handle = await automerge('cyd').find(body.automergeUrl)
    handle.change(
      (lead) => {
        lead.phone = '3'
      },
      { message: JSON.stringify({ source: 'web', reason: 'mail' }) },
    )
    await until(
      async () => (await rest('ann').get('changes?record=p12&author=cyd')).body.items.length === 1,
      'the raw change',
    )
    const raw = (await rest('ann').get('changes?record=p12&author=cyd')).body.items
    expect(raw).toMatchObject([{ metadata: { reason: 'mail' }, outcome: 'applied' }])
  },
)

feature(
  'P12',
  'a role decides between sources; sides carry device and metadata',
  ['rest'],
  async ({ rest }) => {
    const { etag } = await rest('ann').put('records/leads/p12-role', { owner: 'nobody' })
    const seen = { 'if-match': etag }
    await rest({ sub: 'max', roles: ['manager'] }).patch('records/leads/p12-role', { owner: 'max' }, seen)
    const late = await rest({ sub: 'cleo', roles: ['clerk'] }).patch(
      'records/leads/p12-role',
      { owner: 'cleo' },
      seen,
    )
    expect(late.body).toMatchObject({
      fields: { owner: 'max' },
      outcomes: { owner: { outcome: 'superseded', reason: 'a concurrent write is preferred' } },
    })

    const patient = await rest('ann').put('records/patients/p12', { diagnosis: 'flu' })
    const named = { 'if-match': patient.etag, 'sluice-metadata': '{"reason":"x-ray"}' }
    await rest({ sub: 'bob', device: 'ward-3' }).patch('records/patients/p12', { diagnosis: 'a' }, named)
    await rest({ sub: 'cyd', device: 'ward-4' }).patch('records/patients/p12', { diagnosis: 'b' }, named)
    const [conflict] = (await rest('ann').get('conflicts?record=p12')).body.items
    expect(conflict).toMatchObject({
      incumbent: { device: 'ward-3', metadata: { reason: 'x-ray' } },
      challengers: [{ device: 'ward-4', metadata: { reason: 'x-ray' } }],
    })
  },
)

feature(
  'P13',
  'an upload whose answer was lost is sent again, and has no second effect, even at the same moment',
  ['rest', 'upload', 'sql'],
  async ({ rest, upload, sql }) => {
    await rest('ann').put('records/items/p13', { name: 'Bolt', stock: 20 })
    const sale = {
      op: 'PATCH',
      type: 'items',
      id: 'p13',
      data: { stock: 17 },
      old: { stock: 20 },
      op_id: 9_013,
      tx_id: 7,
    } as const
    const answers = await Promise.all([upload('bob', sale), upload('bob', sale), upload('bob', sale)])
    expect(answers.map(([result]) => result?.status).sort()).toEqual(['applied', 'duplicate', 'duplicate'])
    expect(sql("SELECT stock FROM items WHERE id = 'p13'")).toEqual([{ stock: 17 }])
    expect((await rest('ann').get('changes?record=p13&author=bob')).body.items).toHaveLength(1)
  },
)

feature(
  'P14',
  'what can never apply is a dead letter in the inbox, and what stands behind it is carried out',
  ['rest', 'upload'],
  async ({ rest, upload }) => {
    const results = await upload(
      { sub: 'bob', device: 'ipad-7' },
      { op: 'PUT', type: 'no_such_table', id: 'p14', data: { name: 'lost' } },
      { op: 'PATCH', type: 'items', id: 'p14-missing', data: { name: 'lost' } },
      { op: 'PUT', type: 'items', id: 'p14', data: { name: 'Bolt', stock: 'many' } },
      { op: 'PATCH', type: 'items', id: 'p14', data: { name: 'Bolt M8' } },
    )
    expect(results.map(({ status, error }) => error?.code ?? status)).toEqual([
      'unknown_collection',
      'not_found',
      'invalid_value',
      'applied',
    ])
    expect(results[0]?.error.remedy).toContain('sluice.config.ts')
    expect((await rest('ann').get('records/items/p14')).body.fields).toEqual({ name: 'Bolt M8', stock: 0 })
    const letters = (await rest('ann').get('conflicts?state=open&record=p14')).body.items
    expect(letters).toMatchObject([
      {
        kind: 'dead-letter',
        collection: 'items',
        fields: ['stock'],
        challengers: [{ author: 'bob', device: 'ipad-7', value: { stock: 'many' } }],
      },
      { kind: 'dead-letter', collection: 'no_such_table', challengers: [{ value: { name: 'lost' } }] },
    ])
    // A person corrects it, or lays it aside.
    const corrected = await rest('cyd').put(`conflicts/${letters[0].id}/resolution`, {
      values: { stock: 12 },
      seen: ['refused'],
    })
    expect(corrected).toMatchObject({ status: 200, body: { state: 'resolved' } })
    expect((await rest('ann').get('records/items/p14')).body.fields.stock).toBe(12)
    const aside = { note: 'an old app', seen: ['refused'] }
    const dismissed = await rest('cyd').put(`conflicts/${letters[1].id}/dismissal`, aside)
    expect(dismissed).toMatchObject({ status: 200, body: { state: 'dismissed' } })
    // A rule that says no is told to its author, and bothers nobody else.
    await upload('bob', { op: 'PUT', type: 'orders', id: 'p14-rule', data: { status: 'shipped' } })
    expect((await rest('ann').get('conflicts?record=p14-rule')).body.items).toEqual([])
  },
)
