// PowerSync's strategies 5 and 6: conflicts that a person decides, and the status of each change.
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import type { Doors } from './doors.ts'
import { feature } from './feature.ts'
import { seenOf } from './sides.ts'

type Choice = 'challenger' | 'incumbent' | 'value'

feature(
  'P7',
  'both versions are kept and told to clients; a person decides: keep mine',
  ['automerge', 'rest', 'sql'],
  (doors) => decided(doors, 'challenger', 'bronchitis'),
)
feature(
  'P7',
  'both versions are kept and told to clients; a person decides: keep theirs',
  ['automerge', 'rest', 'sql'],
  (doors) => decided(doors, 'incumbent', 'pneumonia'),
)
feature(
  'P7',
  'both versions are kept and told to clients; a person decides: another value',
  ['automerge', 'rest', 'sql'],
  (doors) => decided(doors, 'value', 'bronchial pneumonia'),
)

async function decided(
  doors: Pick<Doors, 'automerge' | 'rest' | 'sql'>,
  choice: Choice,
  diagnosis: string,
): Promise<void> {
  const { automerge, rest, sql } = doors
  const id = `p7-${choice}`
  const path = `records/patients/${id}`
  const { body, etag } = await rest('ann').put(path, { name: 'Ada', heartRate: 70, diagnosis: 'flu' })
  const phone = await automerge('ann').find(body.automergeUrl)
  await rest('ann').patch(path, { diagnosis: 'pneumonia' }, { 'if-match': etag })
  const mine = { diagnosis: 'bronchitis', heartRate: 88 }
  const held = await rest('bob').patch(path, mine, { 'if-match': etag })
  expect(held.body.outcomes).toMatchObject({
    heartRate: { outcome: 'applied' },
    diagnosis: { outcome: 'held' },
  })
  const { conflictId } = held.body.outcomes.diagnosis
  expect(held.body.disputed).toEqual({ diagnosis: { conflictId, challengers: 1 } })
  const conflict = (await rest('dr').get(`conflicts/${conflictId}`)).body
  expect(conflict).toMatchObject({
    state: 'open',
    fields: ['diagnosis'],
    base: 'flu',
    inForce: 'pneumonia',
    incumbent: { value: 'pneumonia', author: 'ann' },
    challengers: [{ value: 'bronchitis', author: 'bob' }],
  })
  const told = await until(
    () => (phone.doc()._conflicts as Record<string, unknown> | undefined)?.[conflictId],
    'the conflict to reach the phone',
  )
  expect(JSON.parse(String(told))).toMatchObject({ challengers: [{ value: 'bronchitis' }] })
  const row = `SELECT diagnosis, diagnosis_disputed FROM patients WHERE id = '${id}'`
  expect(sql(row)).toEqual([{ diagnosis: 'pneumonia', diagnosis_disputed: 1 }])

  const decision =
    choice === 'value'
      ? { value: diagnosis }
      : { choose: choice === 'incumbent' ? conflict.incumbent.id : conflict.challengers[0].id }
  const doctor = rest({ sub: 'dr', roles: ['doctor'] })
  const decided = await doctor.put(`conflicts/${conflictId}/resolution`, {
    ...decision,
    seen: seenOf(conflict),
  })
  expect(decided).toMatchObject({
    status: 200,
    body: { state: 'resolved', resolution: { value: diagnosis, author: 'dr' } },
  })
  await until(() => String(phone.doc().diagnosis) === diagnosis, 'the decision to reach the phone')
  await until(() => Object.keys(phone.doc()._conflicts as object).length === 0, 'the mark to go')
  expect(sql(row)).toEqual([{ diagnosis, diagnosis_disputed: 0 }])
  expect((await rest('ann').get(`conflicts?record=${id}&state=open,reopened`)).body.items).toEqual([])
}

feature(
  'P8',
  'each field edit is logged with who, what, when and status; the failed one shows its error, the others succeed',
  ['rest', 'upload', 'sql'],
  async ({ rest, upload, sql }) => {
    await rest('ann').put('records/orders/p8', { price: 10, quantity: 1 })
    const [result] = await upload(
      { sub: 'bob', device: 'ipad-7' },
      {
        op: 'PATCH',
        type: 'orders',
        id: 'p8',
        data: { address: 'there', quantity: 2, price: 9 },
      },
    )
    expect(result.fields).toMatchObject({
      address: { outcome: 'applied' },
      quantity: { outcome: 'applied' },
      price: { outcome: 'rejected', code: 'not_writable', reason: 'price may not be written by this change' },
    })
    const { items } = (await rest('ann').get('changes?record=p8&author=bob')).body
    expect(items).toHaveLength(3)
    const line = { author: 'bob', device: 'ipad-7', door: 'upload', receivedAt: expect.any(String) }
    expect(items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...line,
          field: 'address',
          oldValue: null,
          newValue: 'there',
          outcome: 'applied',
        }),
        expect.objectContaining({ ...line, field: 'quantity', oldValue: 1, newValue: 2, outcome: 'applied' }),
        expect.objectContaining({
          ...line,
          field: 'price',
          oldValue: 10,
          newValue: 9,
          outcome: 'rejected',
          code: 'not_writable',
        }),
      ]),
    )
    expect(
      sql(
        "SELECT field, outcome FROM sluice_field_changes WHERE record_id = 'p8' AND subject = 'bob' ORDER BY field",
      ),
    ).toEqual([
      { field: 'address', outcome: 'applied' },
      { field: 'price', outcome: 'rejected' },
      { field: 'quantity', outcome: 'applied' },
    ])
  },
)

feature('P8', 'a failed edit is retried alone', ['rest', 'upload'], async ({ rest, upload }) => {
  await rest('ann').put('records/orders/p8-retry', { price: 10 })
  await upload('bob', {
    op: 'PATCH',
    type: 'orders',
    id: 'p8-retry',
    data: { address: 'there', price: 9 },
  })
  const [failed] = (await rest('bob').get('changes?record=p8-retry&outcome=rejected')).body.items
  const again = await rest('bob').send('POST', `changes/${failed.position}/restore`, undefined)
  expect(again).toMatchObject({ status: 403, body: { code: 'not_writable' } })
  const approved = await rest('bob').send('POST', `changes/${failed.position}/restore`, undefined, {
    'sluice-metadata': '{"approvedBy":"max"}',
  })
  expect(approved).toMatchObject({
    status: 200,
    body: { fields: { price: 9, address: 'there' }, outcomes: { price: { outcome: 'applied' } } },
  })
})
