import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import type { Plan } from '../../../../server/plan/plan.ts'
import { blankPlan } from '../../../../server/plan/plan.ts'
import { readText } from '../../../../server/projection/text-content.ts'
import { documentIdOf } from '../../../../shared/record/record-key.ts'
import type { RestBench } from './rest-bench.ts'
import { openRest, tagOf } from './rest-bench.ts'

const key = { tenant: 'default', collection: 'patients', id: 'ada' }
const path = '/v1/records/patients/ada/text/notes'

let rest: RestBench
let updates = 0
const doc = new Y.Doc()

/** Stores one text update, as the text lane does: accepted at once, shown once it is projected. */
async function accept(edit: (text: Y.XmlFragment) => void): Promise<void> {
  const before = Y.encodeStateVector(doc)
  edit(doc.getXmlFragment('notes'))
  const plan: Plan = {
    ...blankPlan({
      key,
      documentId: documentIdOf(key),
      lane: 'text',
      expectedVersion: updates,
      at: '2026-02-01T00:00:00.000Z',
    }),
    journal: [
      {
        kind: 'update',
        bytes: Y.encodeStateAsUpdate(doc, before),
        hash: null,
        schema: null,
        chain: '',
        origin: {
          subject: 'ada',
          roles: [],
          session: 's',
          door: 'yjs',
          device: null,
          metadata: {},
          claimedAt: null,
          receivedAt: '2026-02-01T00:00:00.000Z',
        },
      },
    ],
  }
  expect(await rest.storage.commit(plan)).toEqual({ status: 'committed' })
  updates++
}

const project = async (): Promise<void> => {
  const texts = { notes: readText(doc, 'notes') }
  await rest.storage.commitText({
    key,
    textVersion: updates,
    texts,
    updatedAt: '2026-02-01T00:00:00.000Z',
    snapshot: null,
  })
  await rest.storage.search.index(key)
}

const paragraph = (words: string): Y.XmlElement => {
  const element = new Y.XmlElement('paragraph')
  element.insert(0, [new Y.XmlText(words)])
  return element
}

beforeAll(async () => {
  rest = await openRest()
  await rest.call('PUT', '/v1/records/patients/ada', { body: { name: 'Ada' } })
})
afterAll(() => rest.close())

const read = (format?: string) => rest.call('GET', format === undefined ? path : `${path}?format=${format}`)

describe('GET …/text/{field}', () => {
  test('a record without text answers the empty text', async () => {
    for (const [format, text] of [
      ['plain', ''],
      ['markdown', ''],
      ['html', ''],
      ['json', '[]'],
    ]) {
      const answer = await read(format)
      expect([answer.status, answer.text, answer.headers.get('Sluice-Text-Version')]).toEqual([
        200,
        text,
        '0',
      ])
    }
  })

  test('S2: the lag between what is accepted and what is shown is told', async () => {
    await accept((text) => text.insert(0, [paragraph('Fever & <cough>')]))
    await accept((text) => text.insert(1, [paragraph('since Monday')]))
    const lagging = await read()
    expect([
      lagging.text,
      lagging.headers.get('Sluice-Text-Version'),
      lagging.headers.get('Sluice-Text-Lag'),
    ]).toEqual(['', '0', '2'])
    await project()
    const shown = await read()
    expect([
      shown.text,
      shown.headers.get('Sluice-Text-Version'),
      shown.headers.get('Sluice-Text-Lag'),
    ]).toEqual(['Fever & <cough>\nsince Monday', '2', '0'])
  })

  test.each([
    ['plain', 'text/plain; charset=utf-8', 'Fever & <cough>\nsince Monday'],
    [
      'markdown',
      'text/markdown; charset=utf-8',
      expect.stringMatching(/^Fever & .*cough.*\n\nsince Monday\n$/),
    ],
    ['html', 'text/html; charset=utf-8', '<p>Fever &amp; &lt;cough&gt;</p><p>since Monday</p>'],
  ])('%s is answered as %s', async (format, mediaType, text) => {
    const answer = await read(format)
    expect([answer.headers.get('Content-Type'), answer.text]).toEqual([mediaType, text])
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(answer.headers.get('Content-Security-Policy')).toContain('sandbox')
  })

  test('json is answered as the structure', async () => {
    const answer = await read('json')
    expect(answer.headers.get('Content-Type')).toBe('application/json')
    expect(answer.body).toEqual([
      { type: 'paragraph', content: [{ type: 'text', text: 'Fever & <cough>' }] },
      { type: 'paragraph', content: [{ type: 'text', text: 'since Monday' }] },
    ])
  })

  test('the record shows the text too, and its version moves with it', async () => {
    const before = await rest.call('GET', '/v1/records/patients/ada')
    expect(before.body.text).toEqual({ notes: 'Fever & <cough>\nsince Monday' })
    await accept((text) => text.insert(2, [paragraph('Better')]))
    await project()
    const after = await rest.call('GET', '/v1/records/patients/ada')
    expect(after.body.text.notes).toMatch(/Better$/)
    expect(tagOf(after)).not.toBe(tagOf(before))
    const placed = await rest.call('PATCH', '/v1/records/patients/ada', {
      body: { name: 'Ada L.' },
      headers: { 'If-Match': tagOf(before), Prefer: 'handling=strict' },
    })
    expect(placed.status).toBe(200)
  })

  test('an unknown field, a field that is no text, and an unknown format are refused', async () => {
    for (const field of ['nothing', 'name'])
      expect((await rest.call('GET', `/v1/records/patients/ada/text/${field}`)).body).toMatchObject({
        status: 404,
        code: 'unknown_field',
        field,
      })
    expect((await read('pdf')).body.detail).toMatch(/^format: /)
  })
})

describe('GET /v1/search', () => {
  test('finds words, with the matches marked in escaped text', async () => {
    const found = await rest.call('GET', '/v1/search?q=fever')
    expect(found.body).toEqual({
      items: [
        {
          collection: 'patients',
          id: 'ada',
          field: 'notes',
          excerpt: expect.stringContaining('<mark>Fever</mark> &amp; &lt;cough&gt;'),
        },
      ],
    })
    expect((await rest.call('GET', '/v1/search?q=nowhere')).body).toEqual({ items: [] })
  })

  test.each([
    ['', 'q'],
    ['?q=', 'q'],
    ['?q=x&limit=0', 'limit'],
    ['?q=x&collection=y', 'collection'],
  ])('%j is refused, naming %s', async (query, member) => {
    expect((await rest.call('GET', `/v1/search${query}`)).body.detail).toMatch(new RegExp(`^${member}: `))
  })
})
