import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { TextNews } from '../../../server/projection/text-news.ts'
import { GatheredNews } from '../../../server/projection/text-news.ts'

const key = { tenant: 'default', collection: 'notes', id: 'a' }
const other = { ...key, id: 'b' }

const news = (after: number, version = after + 1, bytes = 1): TextNews => ({
  after,
  version,
  updates: [new Uint8Array(bytes).fill(version)],
  entries: version - after,
  receivedAt: `at ${version}`,
})

test('what follows each other is one, and is given once', () => {
  const gathered = new GatheredNews()
  gathered.add(key, news(3))
  gathered.add(other, news(9))
  gathered.add(key, news(4, 6))
  expect(gathered.take(key)).toMatchObject({
    ...{ after: 3, version: 6, entries: 3, receivedAt: 'at 6' },
    updates: [Uint8Array.of(4), Uint8Array.of(6)],
  })
  expect(gathered.take(key)).toBeNull()
  expect(gathered.take(other)).toMatchObject({ after: 9, version: 10 })
})

test('what is given is without gaps, whatever came, and the newest part of it', () => {
  const arrivals = fc.array(fc.record({ gap: fc.nat(1), length: fc.integer({ min: 1, max: 3 }) }))
  fc.assert(
    fc.property(arrivals, (list) => {
      const gathered = new GatheredNews()
      let version = 0
      let since = 0
      for (const { gap, length } of list) {
        if (gap > 0) since = version + gap
        gathered.add(key, news(version + gap, version + gap + length))
        version += gap + length
      }
      const taken = gathered.take(key)
      if (list.length === 0) expect(taken).toBeNull()
      else expect(taken).toMatchObject({ after: since, version, entries: version - since })
    }),
  )
})

test('what does not fit is forgotten, and never half of it', () => {
  const gathered = new GatheredNews(1_000)
  gathered.add(key, news(0, 1, 500))
  gathered.add(key, news(1, 2, 500))
  expect(gathered.take(key)).toBeNull()
  gathered.add(key, news(2, 3, 500))
  expect(gathered.take(key)).toMatchObject({ after: 2, version: 3 })
})
