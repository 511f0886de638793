// PowerSync's strategy 3, and what guides leave out: fields of one row merge, and so do deletes and edits.
import { ImmutableString } from '@automerge/automerge-repo'
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import { feature } from './feature.ts'

feature(
  'P1',
  'two offline clients edit different fields of one row, and both edits survive',
  ['automerge', 'rest', 'sql'],
  async ({ automerge, rest, sql }) => {
    const { body } = await rest('ann').put('records/tasks/p1', { title: 'Call', status: 'open' })
    const [ann, bob] = [automerge('ann'), automerge('bob')]
    const [annDoc, bobDoc] = [await ann.find(body.automergeUrl), await bob.find(body.automergeUrl)]
    await ann.goOffline()
    await bob.goOffline()
    annDoc.change((task) => {
      task.title = new ImmutableString('Call back')
    })
    bobDoc.change((task) => {
      task.status = new ImmutableString('done')
    })
    ann.goOnline()
    bob.goOnline()
    await until(async () => {
      const { fields } = (await rest('ann').get('records/tasks/p1')).body
      return fields.title === 'Call back' && fields.status === 'done'
    }, 'both edits')
    await until(
      () => String(annDoc.doc().status) === 'done' && String(bobDoc.doc().title) === 'Call back',
      'each to see the edit of the other',
    )
    expect(sql("SELECT title, status FROM tasks WHERE id = 'p1'")).toEqual([
      { title: 'Call back', status: 'done' },
    ])
    expect((await rest('ann').get('conflicts?record=p1')).body.items).toEqual([])
  },
)

feature(
  'P2',
  'an edit that arrives after a delete is ignored where deletes win, and its author is told',
  ['rest', 'upload', 'sql'],
  async ({ rest, upload, sql }) => {
    const { etag } = await rest('ann').put('records/drafts/p2', { title: 'Draft' })
    await rest('ann').put('records/drafts/p2-phone', { title: 'Draft' })
    await rest('ann').delete('records/drafts/p2-phone')
    await rest('ann').delete('records/drafts/p2', { 'if-match': etag })
    const late = await rest('bob').patch('records/drafts/p2', { title: 'Late' }, { 'if-match': etag })
    expect(late).toMatchObject({
      status: 200,
      body: {
        deleted: true,
        outcomes: {
          title: { outcome: 'superseded', reason: 'the record was deleted by a concurrent write' },
        },
      },
    })
    const [result] = await upload('bob', {
      op: 'PATCH',
      type: 'drafts',
      id: 'p2-phone',
      data: { title: 'Later' },
    })
    expect(result).toMatchObject({ status: 'superseded', fields: { title: { outcome: 'superseded' } } })
    expect((await rest('ann').get('records/drafts/p2')).status).toBe(404)
    expect(sql("SELECT * FROM drafts WHERE id = 'p2'")).toEqual([])
    for (const [id, title] of [
      ['p2', 'Late'],
      ['p2-phone', 'Later'],
    ]) {
      const lost = await rest('bob').get(`changes?record=${id}&author=bob&outcome=superseded`)
      expect(lost.body.items).toMatchObject([{ field: 'title', oldValue: title, newValue: null }])
    }
  },
)

feature(
  'P2',
  'an edit that arrives after a delete revives the row where updates win',
  ['rest', 'upload', 'sql'],
  async ({ rest, upload, sql }) => {
    const { etag } = await rest('ann').put('records/contacts/p2', { name: 'Ada', phone: '1' })
    await rest('ann').delete('records/contacts/p2', { 'if-match': etag })
    const [result] = await upload('bob', { op: 'PATCH', type: 'contacts', id: 'p2', data: { phone: '2' } })
    expect(result).toMatchObject({ status: 'applied' })
    expect((await rest('ann').get('records/contacts/p2')).body.fields).toEqual({ name: 'Ada', phone: '2' })
    expect(sql("SELECT name, phone FROM contacts WHERE id = 'p2'")).toEqual([{ name: 'Ada', phone: '2' }])
  },
)

feature(
  'P2',
  'an edit that arrives after a delete is held for a person where the collection says so',
  ['rest', 'upload'],
  async ({ rest, upload }) => {
    const { etag } = await rest('ann').put('records/contracts/p2', { title: 'Lease', value: 10 })
    await rest('ann').delete('records/contracts/p2', { 'if-match': etag })
    const [result] = await upload('bob', { op: 'PATCH', type: 'contracts', id: 'p2', data: { value: 20 } })
    expect(result).toMatchObject({ status: 'held', fields: { value: { outcome: 'held' } } })
    const conflict = (await rest('ann').get(`conflicts/${result.fields.value.conflictId}`)).body
    expect(conflict).toMatchObject({
      kind: 'delete-update',
      incumbent: { author: 'ann' },
      challengers: [{ author: 'bob', value: { value: 20 } }],
    })
    expect((await rest('ann').get('records/contracts/p2')).status).toBe(404)
    await rest('ann').put(`conflicts/${conflict.id}/resolution`, {
      choose: conflict.challengers[0].id,
      seen: [conflict.incumbent.id, conflict.challengers[0].id],
    })
    expect((await rest('ann').get('records/contracts/p2')).body.fields).toEqual({ title: 'Lease', value: 20 })
  },
)

feature('P2', 'a deleted id may be created again', ['rest', 'upload'], async ({ rest, upload }) => {
  await rest('ann').put('records/drafts/p2-again', { title: 'First', author: 'ann' })
  await rest('ann').delete('records/drafts/p2-again')
  const created = await rest('bob').send('POST', 'records/drafts', { id: 'p2-again', title: 'Second' })
  expect(created).toMatchObject({ status: 201, body: { fields: { title: 'Second', author: null } } })
  await rest('ann').delete('records/drafts/p2-again')
  const [result] = await upload('bob', {
    op: 'PUT',
    type: 'drafts',
    id: 'p2-again',
    data: { title: 'Third' },
  })
  expect(result.status).toBe('applied')
  expect((await rest('ann').get('records/drafts/p2-again')).body.fields).toEqual({
    title: 'Third',
    author: null,
  })
})

feature(
  'P5',
  'a field goes to the later edit or to the later receipt, as each field declares',
  ['rest', 'upload'],
  async ({ rest, upload }) => {
    const path = 'records/forms/p5'
    const { etag } = await rest('ann').put(path, { title: 'A', status: 'new' })
    const early = { 'if-match': etag, 'sluice-edited-at': '2026-03-01T08:00:00Z' }
    const version = etag.replaceAll('"', '')
    // Bob's phone edited later, on the hour after; Ann's early edit arrives last.
    const [late] = await upload('bob', {
      op: 'PATCH',
      type: 'forms',
      id: 'p5',
      data: { title: 'by bob', status: 'by bob' },
      metadata: { sluiceVersion: version, editedAt: new Date().toISOString() },
    })
    expect(late.status).toBe('applied')
    const answer = await rest('ann').patch(path, { title: 'by ann', status: 'by ann' }, early)
    expect(answer.body).toMatchObject({
      fields: { title: 'by bob', status: 'by ann' },
      outcomes: { title: { outcome: 'superseded' }, status: { outcome: 'merged' } },
    })
  },
)
