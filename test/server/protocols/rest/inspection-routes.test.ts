// O4: a record is looked into by those who may read it, and by them as far as they may.
import { collection, s } from 'sluice'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { Authenticator } from '../../../../server/auth/actor.ts'
import { originOf } from '../../../support/record-bench.ts'
import type { RestBench } from './rest-bench.ts'
import { openRest } from './rest-bench.ts'

const collections = {
  patients: collection(
    {
      name: s.string(),
      diagnosis: s.string().critical(),
      hiv: s.boolean().access({ read: ['doctor'] }),
      notes: s.text(),
    },
    { access: { read: ['doctor', 'nurse'] } },
  ),
  charts: collection({ title: s.string(), body: s.text().access({ read: ['doctor'] }) }),
}

/** The token is the role. */
const authenticator: Authenticator = {
  description: '',
  isOpen: false,
  authenticate: async (token) => ({
    subject: `${token} ann`,
    tenant: 'default',
    roles: [token ?? ''],
    device: null,
    expiresAt: null,
  }),
}

let rest: RestBench
beforeAll(async () => {
  rest = await openRest({ collections, authenticator })
  await rest.call('PUT', '/v1/records/patients/P-1', { as: 'doctor', body: { name: 'Ada', hiv: true } })
  const { body } = await rest.call('GET', '/v1/records/patients/P-1', { as: 'doctor' })
  const saw = { 'If-Match': `"${body.version}"` }
  await rest.call('PATCH', '/v1/records/patients/P-1', {
    as: 'doctor',
    headers: saw,
    body: { diagnosis: 'flu' },
  })
  await rest.call('PATCH', '/v1/records/patients/P-1', {
    as: 'nurse',
    headers: saw,
    body: { diagnosis: 'cold' },
  })
})
afterAll(() => rest.close())

const inspect = async (as: string, path = 'inspection') =>
  rest.call('GET', `/v1/records/patients/P-1/${path}`, { as })

async function type(id: string, subject: string, text: string, collection = 'patients'): Promise<void> {
  const room = rest.rooms.text({ tenant: 'default', collection, id })
  const doc = new Y.Doc()
  Y.applyUpdate(doc, await room.updateSince(new Map()))
  const before = Y.encodeStateVector(doc)
  doc.getText(collection === 'patients' ? 'notes' : 'body').insert(0, text)
  const update = Y.encodeStateAsUpdate(doc, before)
  await room.submit({ update, origin: originOf(subject), denial: null })
}

describe('O4: looking into a record', () => {
  test('tells each document with its heads, clocks and sizes', async () => {
    const { status, body } = await inspect('doctor')
    expect(status).toBe(200)
    expect(body.documents.map(({ document }: { document: string }) => document)).toEqual([
      'fields',
      expect.stringMatching(/^fields:./),
    ])
    const [main] = body.documents
    expect(main.heads).toHaveLength(1)
    expect(main.changes).toBe(main.clocks.reduce((sum: number, { seq }: { seq: number }) => sum + seq, 0))
    expect(main.size.content + main.size.history).toBe(main.size.bytes)
    expect(main).toMatchObject({ entries: main.changes, snapshotBytes: null, clocksLeftOut: 0 })
    expect(body.conflicts).toMatchObject([{ kind: 'set-set', fields: ['diagnosis'], state: 'open' }])
    expect(body.conflicts[0].changes).toHaveLength(2)
  })

  test('A7: leaves out documents that its reader may not read whole', async () => {
    const { body } = await inspect('nurse')
    expect(body.documents.map(({ document }: { document: string }) => document)).toEqual(['fields'])
    const other = (await inspect('doctor')).body.documents[1].document
    expect((await inspect('nurse', `graph?document=${other}`)).status).toBe(404)
    expect((await inspect('doctor', `graph?document=${other}`)).body.items).not.toEqual([])
  })

  test('A3: a record that one may not read is as one that does not exist', async () => {
    expect((await inspect('porter')).status).toBe(404)
    expect((await inspect('porter', 'graph')).status).toBe(404)
    expect((await inspect('porter', 'text-versions')).status).toBe(404)
    expect((await inspect('porter', 'text/notes/authors')).status).toBe(404)
  })

  test('measures nothing if it is not asked to', async () => {
    const { body } = await inspect('doctor', 'inspection?sizes=false')
    expect(body.documents[0].size).toBeNull()
    expect(body.documents[0].journalBytes).toBeGreaterThan(0)
  })

  test('R5: tells the text by client, with the subject that the client is bound to', async () => {
    await type('P-1', 'bob', 'Fever')
    const { text } = (await inspect('nurse')).body
    expect(text).toMatchObject({
      fields: ['notes'],
      version: 1,
      clocks: [{ client: expect.any(Number), subject: 'bob', clock: 5 }],
    })
    expect(text.size.content).toBe(6)
  })
})

describe('O4: what was written after what', () => {
  test('each change names its author, what it builds on, what became of it, and its conflicts', async () => {
    const { items, next } = (await inspect('doctor', 'graph')).body
    expect(next).toBeNull()
    const ofAuthor = (author: string) => items.find((item: { author: string }) => item.author === author)
    const [cold, flu] = [ofAuthor('nurse ann'), ofAuthor('doctor ann')]
    expect(cold.builds).toEqual(flu.builds)
    expect(cold.outcomes).toMatchObject([{ field: 'diagnosis', outcome: 'held' }])
    expect(flu.outcomes).toMatchObject([{ field: 'diagnosis', outcome: 'applied' }])
    expect(flu.conflicts).toEqual(cold.conflicts)
    expect(cold.conflicts).toEqual([cold.outcomes[0].conflictId])
    expect(items[0]).toMatchObject({
      kind: 'settle',
      isHead: true,
      builds: expect.arrayContaining([flu.hash, cold.hash]),
    })
    expect(items.at(-1)).toMatchObject({ kind: 'genesis', builds: [] })
  })

  test('a window goes on where the last one ended, and each version can be travelled to', async () => {
    const all = (await inspect('doctor', 'graph')).body.items
    const pages = []
    for (let query = 'graph?limit=2'; query !== ''; ) {
      const { items, next } = (await inspect('doctor', query)).body
      pages.push(...items)
      query = next === null ? '' : `graph?limit=2&cursor=${next}`
    }
    expect(pages).toEqual(all)
    const flu = all.find(({ author }: { author: string }) => author === 'doctor ann')
    const past = await rest.call('GET', `/v1/records/patients/P-1?at=${flu.version}`, { as: 'doctor' })
    expect(past.body.fields.diagnosis).toBe('flu')
  })

  test('a document that there is not is refused', async () => {
    for (const document of ['text', 'fields:none', 'x'])
      expect((await inspect('doctor', `graph?document=${document}`)).status).toBe(404)
  })
})

describe('B20: versions of text', () => {
  beforeAll(async () => {
    await rest.call('PUT', '/v1/records/patients/P-2', { as: 'doctor', body: { name: 'Bea' } })
    for (const [subject, text] of [
      ['bob', 'one '],
      ['bob', 'two '],
      ['cyd', 'three '],
      ['bob', 'four '],
    ] as const)
      await type('P-2', subject, text)
  })
  const versions = (query = '') =>
    rest.call('GET', `/v1/records/patients/P-2/text-versions${query}`, { as: 'nurse' })

  test('are listed by who wrote in a row, the newest first, a page at a time', async () => {
    const { items } = (await versions()).body
    expect(items).toMatchObject([
      { author: 'bob', from: 4, to: 4, updates: 1 },
      { author: 'cyd', from: 3, to: 3, updates: 1 },
      { author: 'bob', from: 1, to: 2, updates: 2 },
    ])
    const first = (await versions('?limit=1')).body
    expect(first.items).toEqual(items.slice(0, 1))
    const rest = (await versions(`?limit=5&cursor=${first.next}`)).body
    expect(rest).toEqual({ items: items.slice(1), next: null })
  })

  test('are shown as they were, in every format', async () => {
    const read = (query: string) =>
      rest.call('GET', `/v1/records/patients/P-2/text/notes?${query}`, { as: 'nurse' })
    expect((await read('at=2')).text).toBe('two one ')
    expect((await read('at=3&format=json')).text).toBe('[{"insert":"three two one "}]')
    expect((await read('at=0')).text).toBe('')
    expect((await read('at=2')).headers.get('Sluice-Text-Version')).toBe('2')
    expect((await read('at=5')).body).toMatchObject({ status: 412, code: 'unknown_version' })
    expect((await read('at=-1')).status).toBe(400)
  })

  test('R5: their authors are told, part by part, now and then', async () => {
    const authors = (query = '') =>
      rest.call('GET', `/v1/records/patients/P-2/text/notes/authors${query}`, { as: 'nurse' })
    expect((await authors()).body).toEqual({
      version: 4,
      runs: [
        { author: 'bob', text: 'four ' },
        { author: 'cyd', text: 'three ' },
        { author: 'bob', text: 'two one ' },
      ],
    })
    expect((await authors('?at=2')).body).toEqual({ version: 2, runs: [{ author: 'bob', text: 'two one ' }] })
    expect((await authors('?at=0')).body).toEqual({ version: 0, runs: [] })
    expect((await authors('?at=5')).body).toMatchObject({ status: 412, code: 'unknown_version' })
  })

  test('A7: they are for those who may read every text', async () => {
    await rest.call('PUT', '/v1/records/charts/C-1', { as: 'doctor', body: { title: 'x' } })
    await type('C-1', 'bob', 'secret', 'charts')
    const path = '/v1/records/charts/C-1'
    expect((await rest.call('GET', `${path}/text-versions`, { as: 'nurse' })).status).toBe(403)
    expect((await rest.call('GET', `${path}/text/body?at=1`, { as: 'nurse' })).status).toBe(403)
    expect((await rest.call('GET', `${path}/text/body/authors`, { as: 'nurse' })).status).toBe(403)
    expect((await rest.call('GET', `${path}/inspection`, { as: 'nurse' })).body.text).toBeNull()
    expect((await rest.call('GET', `${path}/text/body?at=1`, { as: 'doctor' })).text).toBe('secret')
  })
})
