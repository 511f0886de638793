// The pure parts of the page "Records".
import { describe, expect, test } from 'vitest'
import type { RecordLine } from '../../../client/console/pages/records/moments.ts'
import { momentsOf, stopsOf } from '../../../client/console/pages/records/moments.ts'
import {
  enteredValue,
  nextOrder,
  readView,
  viewAddress,
} from '../../../client/console/pages/records/records-view.ts'
import { plainOf, sharesOf, textStopsOf } from '../../../client/console/pages/records/text-authors.ts'
import { differencesOf, writeValues } from '../../../client/console/pages/records/write-values.ts'
import { readRecordAddress, recordAddress } from '../../../client/console/session/record-address.ts'
import { draftOps } from '../../../client/typed/draft.ts'
import { collection, defineConfig, s } from '../../../shared/index.ts'
import { checkSchema } from '../../../shared/schema/check-schema.ts'

const checked = checkSchema(
  defineConfig({
    schema: {
      things: collection({
        name: s.string().required(),
        size: s.number(),
        isNew: s.boolean(),
        status: s.enum(['open', 'done']),
        stock: s.counter(),
        labels: s.set(s.string()),
        prices: s.map(s.number()),
      }),
    },
  }),
)
const things = checked.ok ? checked.schema.get('things') : undefined
if (things === undefined) throw new Error('the schema lacks the collection')
const spec = (field: string) => things.fields.get(field) ?? expect.unreachable(field)

describe('an address', () => {
  test.each(['P-1', 'A#1?', '100%', '%23', 'מטופל 7', 'a&b=c'])(
    'names the record %s, and is read back',
    (id) => {
      const { pathname, search } = new URL(recordAddress('records', 'things', id), 'http://localhost')
      expect([readRecordAddress(pathname), search]).toEqual([{ collection: 'things', id }, ''])
    },
  )

  test('may name a collection alone, or nothing', () => {
    expect(readRecordAddress('/records/things')).toEqual({ collection: 'things', id: null })
    expect(readRecordAddress('/records')).toEqual({ collection: null, id: null })
    expect(readRecordAddress('/records/50%/x')).toEqual({ collection: '50%', id: 'x' })
  })

  test('holds order and filter; what the collection has no field for is left out', () => {
    const view = {
      orderBy: { field: 'size', descending: true },
      filter: { field: 'name', text: 'a & b' },
    }
    const { search } = new URL(viewAddress('things', view), 'http://localhost')
    expect(readView(things, search)).toEqual(view)
    expect(readView(things, '?sort=labels&where=nothing&is=1')).toEqual({ orderBy: null, filter: null })
    expect(viewAddress('things', { orderBy: null, filter: null })).toBe('/records/things')
  })
})

test('a filter takes what is typed as its field takes it, and says why not', () => {
  expect(enteredValue(spec('size'), '1.5')).toEqual({ ok: true, value: 1.5 })
  expect(enteredValue(spec('stock'), '')).toEqual({ ok: true, value: null })
  expect(enteredValue(spec('isNew'), 'false')).toEqual({ ok: true, value: false })
  expect(enteredValue(spec('name'), '7')).toEqual({ ok: true, value: '7' })
  expect(enteredValue(spec('status'), 'lost')).toMatchObject({ ok: false, problem: /takes one of/ })
  expect(enteredValue(spec('size'), 'much')).toMatchObject({ ok: false })
})

test('asking for an order again turns it round, and then takes it away', () => {
  const up = nextOrder(null, 'size')
  const down = nextOrder(up, 'size')
  expect([up, down, nextOrder(down, 'size')]).toEqual([
    { field: 'size', descending: false },
    { field: 'size', descending: true },
    null,
  ])
  expect(nextOrder(down, 'name')).toEqual({ field: 'name', descending: false })
})

describe('writing other values', () => {
  const now = {
    name: 'bolt',
    size: 3,
    isNew: null,
    status: 'open',
    stock: 5,
    labels: ['a', 'b'],
    prices: { eur: 1, usd: 2 },
  }
  const written = (then: typeof now) =>
    draftOps(things, now, (draft) =>
      writeValues(
        things,
        draft,
        Object.fromEntries(
          differencesOf(things, now, then).map(({ field, before, after }) => [
            field,
            { from: before, to: after },
          ]),
        ),
      ),
    )

  test('names what differs, and nothing else: a counter by what is added, a map by its members', () => {
    expect(
      written({ ...now, name: 'screw', stock: 2, labels: ['b', 'c'], prices: { ...now.prices, usd: 3 } }),
    ).toEqual([
      { type: 'set', field: 'name', value: 'screw' },
      { type: 'increment', field: 'stock', amount: -3 },
      { type: 'set', field: 'labels', value: ['b', 'c'] },
      { type: 'merge', field: 'prices', members: { usd: 3 } },
    ])
    expect(written(now)).toEqual([])
  })

  test('takes members away that there were not', () => {
    const { usd: _, ...prices } = now.prices
    expect(written({ ...now, prices: prices as typeof now.prices })).toEqual([
      { type: 'merge', field: 'prices', members: { usd: null } },
    ])
  })

  test('a field that one moment does not tell is no difference', () => {
    expect(differencesOf(things, { name: 'a' }, { name: 'a', size: 1 })).toEqual([])
  })
})

describe('moments', () => {
  const line = (position: number, field: string, author: string, version: string | null): RecordLine => ({
    position,
    field,
    author,
    version,
    operation: 'set',
    oldValue: null,
    newValue: position,
    outcome: 'applied',
    reason: null,
    code: null,
    conflictId: null,
    session: 's',
    door: 'rest',
    device: null,
    metadata: {},
    claimedAt: null,
    receivedAt: '2026-11-21T03:07:22.366Z',
  })
  const lines = [
    line(6, 'name', 'ann', null),
    line(5, 'name', 'ann', null),
    line(4, 'size', 'bob', 'v3'),
    line(3, 'name', 'bob', 'v3'),
    line(2, 'name', 'ann', 'v2'),
    line(1, 'name', 'ann', 'v1'),
  ]

  test('are what one author wrote at once; what was never written stands alone', () => {
    const fields = momentsOf(lines).map(({ lines: own }) => own.map(({ position }) => position))
    expect(fields).toEqual([[6], [5], [4, 3], [2], [1]])
  })

  test('can be travelled to, the oldest first, each once, and now is the last', () => {
    const stops = stopsOf(momentsOf(lines), 'v4')
    expect(stops.map(({ version }) => version)).toEqual(['v1', 'v2', 'v3', 'v4'])
    expect(stops.at(-1)?.moment).toBeNull()
    expect(stops[2]?.moment?.author).toBe('bob')
    // Whoever has written last has it as it is now.
    expect(stopsOf(momentsOf(lines), 'v3').map(({ version }) => version)).toEqual(['v1', 'v2', 'v3'])
  })
})

test('a text is its parts, and an author keeps his tone', () => {
  const text = {
    version: 3,
    runs: [
      { author: 'cyd', text: 'Fever' },
      { author: null, text: '\n' },
      { author: 'ann', text: 'since Monday' },
      { author: 'cyd', text: '.' },
    ],
  }
  expect(plainOf(text)).toBe('Fever\nsince Monday.')
  expect(sharesOf(text)).toEqual([
    { author: 'ann', characters: 12, tone: 0 },
    { author: 'cyd', characters: 6, tone: 1 },
  ])
  const run = { author: 'ann', door: 'yjs', device: null, startedAt: '', updates: 1 }
  const stops = textStopsOf([
    { ...run, from: 3, to: 4, endedAt: '2026-11-21T03:07:22.366Z' },
    { ...run, from: 1, to: 2, endedAt: '2026-11-21T03:07:21.366Z' },
  ])
  expect(stops.map(({ key }) => key)).toEqual(['2', '4'])
})
