// FlashQL's three conflicts: the late write is marked, and what is in force stays until a decision.
import { ImmutableString } from '@automerge/automerge-repo'
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import { feature } from './feature.ts'

feature(
  'F1',
  'update/update: the late write is refused and logged, and the row stays as it was',
  ['rest', 'upload', 'sql'],
  async ({ rest, upload, sql }) => {
    const path = 'records/invoices/f1'
    const { etag } = await rest('ann').put(path, { amount: 1, payer: 'Ada' })
    await rest('ann').patch(path, { amount: 2 }, { 'if-match': etag })
    const late = await rest('bob').patch(path, { amount: 9 }, { 'if-match': etag })
    expect(late).toMatchObject({
      status: 412,
      body: { code: 'stale_version', expected: expect.any(String), received: etag.replaceAll('"', '') },
    })
    const [queued] = await upload('bob', {
      op: 'PATCH',
      type: 'invoices',
      id: 'f1',
      data: { amount: 9 },
      metadata: { sluiceVersion: etag.replaceAll('"', '') },
    })
    expect(queued).toMatchObject({ status: 'rejected', error: { code: 'stale_version' } })
    expect(sql("SELECT amount FROM invoices WHERE id = 'f1'")).toEqual([{ amount: 2 }])
    const { items } = (await rest('bob').get('changes?record=f1&author=bob')).body
    expect(items).toMatchObject([
      { door: 'upload', outcome: 'rejected', code: 'stale_version', newValue: 9 },
      { door: 'rest', outcome: 'rejected', code: 'stale_version', newValue: 9 },
    ])
  },
)

feature(
  'F1',
  'update/update of a critical field: the late write waits, and the first stays in force until a decision',
  ['automerge', 'rest', 'sql'],
  async ({ automerge, rest, sql }) => {
    const { body } = await rest('ann').put('records/patients/f1', { name: 'Ada', diagnosis: 'flu' })
    const [first, second] = [automerge('ann'), automerge('bob')]
    const [firstDoc, secondDoc] = [await first.find(body.automergeUrl), await second.find(body.automergeUrl)]
    await first.goOffline()
    await second.goOffline()
    firstDoc.change((patient) => {
      patient.diagnosis = new ImmutableString('covid')
    })
    secondDoc.change((patient) => {
      patient.diagnosis = new ImmutableString('rsv')
    })
    first.goOnline()
    const diagnosis = async (): Promise<unknown> =>
      (await rest('ann').get('records/patients/f1')).body.fields.diagnosis
    await until(async () => (await diagnosis()) === 'covid', 'the first to reconnect')
    second.goOnline()
    const conflict = await until(
      async () => (await rest('ann').get('conflicts?record=f1&state=open')).body.items[0],
      'the conflict',
    )
    expect(conflict).toMatchObject({
      incumbent: { author: 'ann' },
      challengers: [{ author: 'bob', value: 'rsv' }],
    })
    await until(
      () => String(secondDoc.doc().diagnosis) === 'covid',
      'the second to see the authoritative state',
    )
    expect(sql("SELECT diagnosis, diagnosis_disputed FROM patients WHERE id = 'f1'")).toEqual([
      { diagnosis: 'covid', diagnosis_disputed: 1 },
    ])
  },
)

feature(
  'F2',
  'a delete after a concurrent update is held, and the updated row stays until a decision',
  ['automerge', 'rest', 'upload'],
  async ({ automerge, rest, upload }) => {
    const { body, etag } = await rest('ann').put('records/contracts/f2', { title: 'Lease', value: 10 })
    const phone = automerge('bob')
    const handle = await phone.find(body.automergeUrl)
    await phone.goOffline()
    handle.change((contract) => {
      contract._deleted = true
    })
    await rest('ann').patch('records/contracts/f2', { value: 20 })
    phone.goOnline()
    const conflict = await until(
      async () => (await rest('ann').get('conflicts?record=f2')).body.items[0],
      'the conflict',
    )
    expect(conflict).toMatchObject({
      kind: 'update-delete',
      incumbent: { author: 'ann', value: { value: 20 } },
      challengers: [{ author: 'bob', operation: 'delete' }],
    })
    expect((await rest('ann').get('records/contracts/f2')).body.fields.value).toBe(20)
    // The same through the queue of another phone, and a decision in favour of the delete.
    const [queued] = await upload('cyd', {
      op: 'DELETE',
      type: 'contracts',
      id: 'f2',
      metadata: { sluiceVersion: etag.replaceAll('"', '') },
    })
    expect(queued.status).toBe('held')
    const now = (await rest('ann').get(`conflicts/${conflict.id}`)).body
    const seen = [now.incumbent.id, ...now.challengers.map(({ id }: { id: string }) => id)]
    const choose = now.challengers[0].id
    expect((await rest('ann').put(`conflicts/${conflict.id}/resolution`, { choose, seen })).status).toBe(200)
    expect((await rest('ann').get('records/contracts/f2')).status).toBe(404)
  },
)

feature(
  'F3',
  'an update after a concurrent delete is held, and the row stays deleted until a decision',
  ['automerge', 'rest', 'sql'],
  async ({ automerge, rest, sql }) => {
    const { body } = await rest('ann').put('records/contracts/f3', { title: 'Lease', value: 10 })
    const phone = automerge('bob')
    const handle = await phone.find(body.automergeUrl)
    await phone.goOffline()
    handle.change((contract) => {
      contract.value = 20
    })
    expect((await rest('ann').delete('records/contracts/f3')).status).toBe(204)
    phone.goOnline()
    const conflict = await until(
      async () => (await rest('ann').get('conflicts?record=f3')).body.items[0],
      'the conflict',
    )
    expect(conflict).toMatchObject({ kind: 'delete-update', challengers: [{ author: 'bob' }] })
    expect((await rest('ann').get('records/contracts/f3')).status).toBe(404)
    expect(sql("SELECT * FROM contracts WHERE id = 'f3'")).toEqual([])
    await until(() => handle.doc()._deleted === true, 'the phone to see the authoritative state')
  },
)

feature(
  'F3',
  'a stale update of a deleted row is refused where stale writes are',
  ['rest', 'upload'],
  async (doors) => {
    const { rest, upload } = doors
    const { etag } = await rest('ann').put('records/invoices/f3', { amount: 1 })
    await rest('ann').delete('records/invoices/f3', { 'if-match': etag })
    expect(await rest('bob').patch('records/invoices/f3', { amount: 2 }, { 'if-match': etag })).toMatchObject(
      {
        status: 412,
        body: { code: 'stale_version', detail: 'the record has been deleted since that version' },
      },
    )
    const [queued] = await upload('bob', { op: 'PATCH', type: 'invoices', id: 'f3', data: { amount: 2 } })
    expect(queued).toMatchObject({ status: 'rejected', error: { code: 'stale_version' } })
  },
)
