// What no other server of this kind does: conflicts by what authors saw, of many kinds, with all their sides.
import type { Counter } from '@automerge/automerge-repo'
import { ImmutableString } from '@automerge/automerge-repo'
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import { feature } from './feature.ts'
import { seenOf } from './sides.ts'

feature(
  'N1',
  'the same two writes compete or not by what the author had seen, whenever they arrive',
  ['rest'],
  async ({ rest }) => {
    const path = 'records/patients/n1'
    const first = await rest('ann').put(path, { diagnosis: 'flu' })
    const second = await rest('ann').patch(path, { diagnosis: 'covid' }, { 'if-match': first.etag })
    const knowing = await rest('bob').patch(path, { diagnosis: 'rsv' }, { 'if-match': second.etag })
    expect(knowing.body.outcomes.diagnosis).toEqual({ outcome: 'applied' })
    const unknowing = await rest('cyd').patch(path, { diagnosis: 'cold' }, { 'if-match': first.etag })
    expect(unknowing.body.outcomes.diagnosis.outcome).toBe('held')
    const agreeing = await rest('dan').patch(
      'records/patients/n1',
      { heartRate: 80 },
      { 'if-match': first.etag },
    )
    expect(agreeing.body.outcomes.heartRate).toEqual({ outcome: 'applied' })
  },
)

feature(
  'N2',
  'delete beside edit, reset beside increment, confirm beside override: each is one conflict',
  ['rest', 'automerge'],
  async (doors) => {
    const { rest, automerge } = doors
    const contract = await rest('ann').put('records/contracts/n2', { title: 'Lease', value: 1 })
    await rest('ann').patch('records/contracts/n2', { value: 2 }, { 'if-match': contract.etag })
    const held = await rest('bob').delete('records/contracts/n2', { 'if-match': contract.etag })
    expect(held).toMatchObject({ status: 200, body: { outcomes: { _deleted: { outcome: 'held' } } } })

    const item = await rest('ann').put('records/items/n2', { name: 'Bolt', stock: 10 })
    await rest('ann').patch('records/items/n2', { stock: { $increment: -3 } }, { 'if-match': item.etag })
    const reset = await rest('bob').patch('records/items/n2', { stock: 50 }, { 'if-match': item.etag })
    expect(reset.body.outcomes.stock.outcome).toBe('held')

    const patient = await rest('ann').put('records/patients/n2', { diagnosis: 'flu' })
    const handle = await automerge('cyd').find(patient.body.automergeUrl)
    handle.change((root) => {
      root.diagnosis = null
      root.diagnosis = new ImmutableString('flu')
    })
    await until(
      async () => (await rest('ann').get('changes?record=n2&author=cyd')).body.items.length > 0,
      'the confirmation',
    )
    const override = await rest('bob').patch(
      'records/patients/n2',
      { diagnosis: 'covid' },
      { 'if-match': patient.etag },
    )
    expect(override.body.outcomes.diagnosis.outcome).toBe('held')

    const { items } = (await rest('ann').get('conflicts?record=n2')).body
    expect(
      items.map(({ collection, kind }: { collection: string; kind: string }) => [collection, kind]),
    ).toEqual([
      ['patients', 'set-set'],
      ['items', 'increment-set'],
      ['contracts', 'update-delete'],
    ])
  },
)

feature(
  'N3',
  'every side of a conflict is kept, with who, whence, when and what he had seen',
  ['rest', 'upload', 'automerge', 'sql'],
  async (doors) => {
    const { rest, upload, automerge, sql } = doors
    const { body, etag } = await rest('ann').put('records/patients/n3', { diagnosis: 'flu' })
    const phone = automerge({ sub: 'cyd', device: 'ipad-7' })
    const handle = await phone.find(body.automergeUrl)
    await phone.goOffline()
    handle.change((root) => {
      root.diagnosis = new ImmutableString('cold')
    })
    await rest('ann').patch('records/patients/n3', { diagnosis: 'covid' }, { 'if-match': etag })
    await upload(
      { sub: 'bob', device: 'pixel' },
      {
        op: 'PATCH',
        type: 'patients',
        id: 'n3',
        data: { diagnosis: 'rsv' },
        metadata: { sluiceVersion: body.version, reason: 'lab' },
      },
    )
    phone.goOnline()
    const conflict = await until(async () => {
      const [found] = (await rest('ann').get('conflicts?record=n3')).body.items
      return found?.challengers.length === 2 ? found : null
    }, 'three sides')
    expect(conflict).toMatchObject({
      base: 'flu',
      incumbent: { author: 'ann', door: 'rest', value: 'covid' },
      challengers: [
        { author: 'bob', door: 'upload', device: 'pixel', metadata: { reason: 'lab' }, value: 'rsv' },
        { author: 'cyd', door: 'automerge', device: 'ipad-7', value: 'cold' },
      ],
    })
    for (const { receivedAt, sawVersion, changeHash } of conflict.challengers)
      expect([receivedAt, sawVersion, changeHash]).not.toContain('')
    expect(
      sql('SELECT author FROM sluice_conflict_sides WHERE conflict_id = ? ORDER BY ordinal', conflict.id),
    ).toEqual([{ author: 'ann' }, { author: 'bob' }, { author: 'cyd' }])
  },
)

feature(
  'N5',
  'dose and unit are decided together: a mix that nobody entered never shows',
  ['rest', 'sql'],
  async ({ rest, sql }) => {
    const path = 'records/patients/n5'
    const { etag } = await rest('ann').put(path, { dose: 5, doseUnit: 'mg' })
    await rest('ann').patch(path, { dose: 500 }, { 'if-match': etag })
    const held = await rest('bob').patch(path, { doseUnit: 'ml' }, { 'if-match': etag })
    expect(held.body).toMatchObject({
      fields: { dose: 500, doseUnit: 'mg' },
      outcomes: { doseUnit: { outcome: 'held' } },
    })
    const conflict = (await rest('ann').get(`conflicts/${held.body.outcomes.doseUnit.conflictId}`)).body
    expect(conflict).toMatchObject({
      fields: ['dose', 'doseUnit'],
      incumbent: { value: { dose: 500, doseUnit: 'mg' } },
      challengers: [{ value: { dose: 5, doseUnit: 'ml' } }],
    })
    const half = await rest('ann').put(`conflicts/${conflict.id}/resolution`, {
      value: { dose: 2 },
      seen: seenOf(conflict),
    })
    expect(half).toMatchObject({ status: 422, body: { code: 'invalid_value', field: 'doseUnit' } })
    await rest('ann').put(`conflicts/${conflict.id}/resolution`, {
      choose: conflict.challengers[0].id,
      seen: seenOf(conflict),
    })
    expect(sql("SELECT dose, doseUnit FROM patients WHERE id = 'n5'")).toEqual([{ dose: 5, doseUnit: 'ml' }])
  },
)

feature(
  'N7',
  'a bound holds against amounts from every door, also when each alone would keep it',
  ['automerge', 'rest'],
  async ({ automerge, rest }) => {
    const { body } = await rest('ann').put('records/items/n7', { name: 'Bolt', stock: 3 })
    const phones = [automerge('bob'), automerge('cyd')]
    const handles = await Promise.all(phones.map((phone) => phone.find(body.automergeUrl)))
    for (const phone of phones) await phone.goOffline()
    for (const handle of handles) handle.change((item) => (item.stock as Counter).decrement(2))
    for (const phone of phones) phone.goOnline()
    const conflict = await until(
      async () => (await rest('ann').get('conflicts?record=n7')).body.items[0],
      'the breach to be surfaced',
    )
    expect(conflict).toMatchObject({ kind: 'increment-increment', inForce: 1, challengers: [{ value: -2 }] })
    await until(() => handles.every((handle) => (handle.doc().stock as Counter).value === 1), 'all to show 1')
    expect((await rest('ann').get('records/items/n7')).body.fields.stock).toBe(1)
  },
)
