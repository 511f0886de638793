// What collaboration servers do: records, texts and their history as a backend developer reads them.
import { expect } from 'vitest'
import { until } from '../support/until.ts'
import { feature } from './feature.ts'

feature(
  'B7',
  'a snapshot has an ETag; lists take filters and go on by cursor',
  ['rest'],
  async ({ rest }) => {
    const ann = rest({ sub: 'ann', tenant: 'b7' })
    for (const id of ['1', '2', '3'])
      await ann.put(`records/tasks/${id}`, { title: id, status: id === '3' ? 'done' : 'open' })
    const { etag, body } = await ann.get('records/tasks/1')
    expect(body).toMatchObject({
      collection: 'tasks',
      id: '1',
      version: etag.slice(1, -1),
      fields: { title: '1' },
    })
    expect((await ann.get('records/tasks/1', { 'if-none-match': etag })).status).toBe(304)
    const ids = (answer: { body: { items: { id: string }[] } }): readonly string[] =>
      answer.body.items.map(({ id }) => id)
    expect(ids(await ann.get('records/tasks?status=open'))).toEqual(['1', '2'])
    const page = await ann.get('records/tasks?limit=2')
    expect(ids(page)).toEqual(['1', '2'])
    expect(ids(await ann.get(`records/tasks?limit=2&cursor=${page.body.next}`))).toEqual(['3'])
  },
)

feature(
  'B8',
  'a record is shown as it was at each line of its history, also once it is deleted',
  ['rest'],
  async ({ rest }) => {
    await rest('ann').put('records/tasks/b8', { title: 'one' })
    await rest('bob').patch('records/tasks/b8', { title: 'two' })
    await rest('ann').delete('records/tasks/b8')
    const { items } = (await rest('ann').get('records/tasks/b8/history')).body
    const titles = items.filter(({ field }: { field: string }) => field === 'title')
    expect(titles).toMatchObject([
      { author: 'bob', newValue: 'two' },
      { author: 'ann', newValue: 'one' },
    ])
    const then = await rest('ann').get(`records/tasks/b8?at=${titles[1].version}`)
    expect(then.body).toMatchObject({ fields: { title: 'one' }, deleted: false })
  },
)

feature(
  'B9',
  'rich text is answered as plain text, Markdown, HTML and JSON',
  ['yjs', 'rest'],
  async ({ yjs, rest }) => {
    const ann = yjs('ann', 'tasks/b9')
    ann.typeParagraph('a <b> & *c*')
    const text = async (format: string): Promise<unknown> =>
      (await rest('ann').get(`records/tasks/b9/text/body?format=${format}`)).body
    await until(async () => String(await text('plain')).includes('a <b> & *c*'), 'the projection')
    expect(await text('html')).toContain('<p>a &lt;b&gt; &amp; *c*</p>')
    expect(await text('markdown')).toContain('a \\<b\\> & \\*c\\*')
    expect(JSON.stringify(await text('json'))).toContain('a <b> & *c*')
  },
)

feature(
  'B10',
  'writes take If-Match and Idempotency-Key, and refusals are problem documents',
  ['rest'],
  async ({ rest }) => {
    const { etag } = await rest('ann').put('records/items/b10', { name: 'Bolt', stock: 5 })
    const sale = { stock: { $increment: -1 } }
    const key = { 'idempotency-key': 'receipt-17' }
    await rest('ann').patch('records/items/b10', sale, key)
    const repeated = await rest('ann').patch('records/items/b10', sale, key)
    expect(repeated).toMatchObject({ status: 200, body: { fields: { stock: 4 } } })
    const strict = { 'if-match': etag, prefer: 'handling=strict' }
    expect(await rest('ann').patch('records/items/b10', { name: 'Nut' }, strict)).toMatchObject({
      status: 412,
      body: {
        type: '/docs#stale_version',
        title: 'Stale version',
        status: 412,
        code: 'stale_version',
        detail: expect.stringContaining('the record is at version'),
        retryable: false,
        remedy: expect.any(String),
      },
    })
  },
)

feature('B12', 'the server describes itself as OpenAPI', ['process'], async ({ process }) => {
  const document = (await (await fetch(`${process.url}/openapi.json`)).json()) as {
    openapi: string
    paths: Record<string, unknown>
  }
  expect(document.openapi).toMatch(/^3\./)
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/v1/records/{collection}/{id}', '/v1/conflicts', '/v1/changes', '/v1/upload']),
  )
})

feature(
  'B13',
  'one table per collection, with plain columns and child tables, beside the running server',
  ['rest', 'sql'],
  async ({ rest, sql }) => {
    await rest('ann').put('records/tasks/b13', { title: 'Call', priority: 2, labels: ['ui', 'urgent'] })
    expect(
      sql(
        "SELECT t.title, t.priority, l.value FROM tasks t JOIN tasks_labels l ON l.record_id = t.id WHERE t.id = 'b13' ORDER BY l.value",
      ),
    ).toEqual([
      { title: 'Call', priority: 2, value: 'ui' },
      { title: 'Call', priority: 2, value: 'urgent' },
    ])
  },
)

feature(
  'B14',
  'words are found in every text, with where they stand',
  ['yjs', 'rest'],
  async ({ yjs, rest }) => {
    yjs('ann', 'tasks/b14').typeParagraph('The carburettor leaks')
    const found = await until(async () => {
      const { items } = (await rest('ann').get('search?q=carbur')).body
      return items.length > 0 ? items : null
    }, 'the index')
    expect(found).toMatchObject([
      {
        collection: 'tasks',
        id: 'b14',
        field: 'body',
        excerpt: expect.stringContaining('<mark>carburettor</mark>'),
      },
    ])
  },
)

feature(
  'B20',
  'every change names its author and version, and a lost one is restored',
  ['rest'],
  async ({ rest }) => {
    const { etag } = await rest('ann').put('records/tasks/b20', { title: 'one' })
    await rest('bob').patch('records/tasks/b20', { title: 'two' }, { 'if-match': etag })
    await rest('cyd').patch('records/tasks/b20', { title: 'three' }, { 'if-match': etag })
    const { items } = (await rest('ann').get('records/tasks/b20/history')).body
    const lines = items.filter(({ field }: { field: string }) => field === 'title')
    expect(
      lines.map(({ author, outcome }: { author: string; outcome: string }) => [author, outcome]),
    ).toEqual([
      ['bob', 'superseded'],
      ['cyd', 'merged'],
      ['bob', 'applied'],
      ['ann', 'applied'],
    ])
    const restored = await rest('bob').send('POST', `changes/${lines[0].position}/restore`, undefined)
    expect(restored.body.fields.title).toBe('two')
  },
)
