// FlowEra's schema drift, effects and text.
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import { feature } from './feature.ts'

feature(
  'E6',
  'an unknown column is left out of table and answer, and kept in record and log',
  ['upload', 'rest', 'automerge', 'sql'],
  async (doors) => {
    const { upload, rest, automerge, sql } = doors
    const [result] = await upload('bob', {
      op: 'PUT',
      type: 'tasks',
      id: 'e6',
      data: { title: 'Call', priority: 1, mood: 'sunny' },
    })
    expect(result).toMatchObject({
      status: 'applied',
      warnings: [{ field: 'mood', message: expect.stringContaining('unknown field') }],
    })
    const { body } = await rest('bob').get('records/tasks/e6')
    expect(body.fields).not.toHaveProperty('mood')
    expect(Object.keys(sql("SELECT * FROM tasks WHERE id = 'e6'")[0])).not.toContain('mood')
    expect(String((await automerge('bob').find(body.automergeUrl)).doc().mood)).toBe('sunny')
    const { items } = (await rest('bob').get('changes?record=e6')).body
    expect(items).toContainEqual(expect.objectContaining({ field: 'mood', newValue: 'sunny' }))
  },
)

feature(
  'E7',
  'a required column that is missing takes its default, or stays empty',
  ['upload', 'rest'],
  async ({ upload, rest }) => {
    const [result] = await upload('bob', { op: 'PUT', type: 'tasks', id: 'e7', data: { status: 'open' } })
    expect(result.status).toBe('applied')
    const { fields } = (await rest('bob').get('records/tasks/e7')).body
    expect(fields).toMatchObject({ status: 'open', priority: 3, title: null })
  },
)

feature(
  'E8',
  'drift is noted as warnings in answer and log, and the batch goes through',
  ['upload', 'rest'],
  async ({ upload, rest }) => {
    const results = await upload(
      'bob',
      { op: 'PUT', type: 'tasks', id: 'e8', data: { mood: 'sunny', priority: 'high' } },
      { op: 'PATCH', type: 'tasks', id: 'e8', data: { title: 'Call' } },
    )
    expect(results).toMatchObject([
      {
        status: 'rejected',
        fields: { priority: { outcome: 'rejected', code: 'invalid_value' } },
        warnings: expect.arrayContaining([
          { field: 'mood', message: 'unknown field: kept, not projected' },
          { field: 'title', message: 'required, left empty' },
        ]),
      },
      { status: 'applied' },
    ])
    const { items } = (await rest('bob').get('changes?record=e8')).body
    expect(items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ field: 'mood', reason: 'unknown field: kept, not projected' }),
        expect.objectContaining({ field: 'title', outcome: 'applied', reason: 'required, left empty' }),
        expect.objectContaining({ field: 'priority', outcome: 'rejected', newValue: 'high' }),
      ]),
    )
  },
)

feature(
  'E9',
  'two users who enter a state at once fire its effect once',
  ['rest', 'upload', 'sql'],
  async ({ rest, upload, sql }) => {
    const { etag } = await rest('ann').put('records/orders/e9', { status: 'processing', price: 10 })
    const shipped = await rest('ann').patch('records/orders/e9', { status: 'shipped' }, { 'if-match': etag })
    expect(shipped.body.outcomes.status).toEqual({ outcome: 'applied' })
    const release = await rest('ann').put('records/releases/e9', {})
    const seen = { 'if-match': release.etag }
    await rest('ann').patch('records/releases/e9', { stage: 'done' }, seen)
    const [again] = await upload('bob', {
      op: 'PATCH',
      type: 'releases',
      id: 'e9',
      data: { stage: 'done' },
      metadata: { sluiceVersion: release.body.version },
    })
    expect(again).toMatchObject({
      status: 'applied',
      fields: { stage: { reason: 'agrees with a concurrent write' } },
    })
    expect(
      sql(
        "SELECT event, collection, count(*) AS times FROM sluice_outbox WHERE record_id = 'e9' GROUP BY event",
      ),
    ).toEqual([
      { event: 'order.shipped', collection: 'orders', times: 1 },
      { event: 'release.deploy', collection: 'releases', times: 1 },
    ])
  },
)

feature('E10', 'long text merges by character', ['yjs', 'rest', 'sql'], async ({ yjs, rest, sql }) => {
  await rest('ann').put('records/tasks/e10', { title: 'Notes' })
  const [ann, bob] = [yjs('ann', 'tasks/e10'), yjs('bob', 'tasks/e10')]
  ann.typeParagraph('The quick fox')
  await until(() => bob.text.includes('quick fox'), 'Bob to see it')
  for (const client of [ann, bob]) client.provider.disconnect()
  // Within one word of one sentence, both at once.
  const at = ann.text.indexOf('quick') + 1
  ann.edit((transaction) => transaction.insertText('very ', at))
  bob.edit((transaction) => transaction.insertText('brown ', at + 'quick '.length))
  for (const client of [ann, bob]) client.provider.connect()
  await until(() => ann.text.includes('The very quick brown fox') && ann.text === bob.text, 'both edits')
  await until(
    () => sql("SELECT body FROM tasks WHERE id = 'e10'")[0].body.includes('very quick brown'),
    'the column',
  )
})
