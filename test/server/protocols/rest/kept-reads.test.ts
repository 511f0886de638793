// Answers that are given again from memory: the same as the door's, to the same readers, and never a stale one.
import * as fc from 'fast-check'
import { collection, s } from 'sluice'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Authenticator } from '../../../../server/auth/actor.ts'
import type { ReadAnswer } from '../../../../server/protocols/rest/kept-reads.ts'
import { KeptReads } from '../../../../server/protocols/rest/kept-reads.ts'
import { eraseRecord } from '../../../../server/rooms/erase-record.ts'
import type { ReadsFront } from './reads-front.ts'
import { openFront } from './reads-front.ts'
import type { RestBench } from './rest-bench.ts'
import { openRest } from './rest-bench.ts'

const collections = {
  items: collection({ title: s.string(), stock: s.counter(), secret: s.string().access({ read: ['boss'] }) }),
  others: collection({ title: s.string() }),
  own: collection(
    { owner: s.string() },
    { access: { read: ({ actor, record: { owner } }) => owner === actor.subject } },
  ),
}

/** The token is `tenant.subject.role`. */
const authenticator: Authenticator = {
  description: '',
  isOpen: false,
  authenticate: async (token) => {
    const [tenant = '', subject = '', role = ''] = (token ?? '').split('.')
    return { subject, tenant, roles: [role], device: null, expiresAt: null }
  },
}

const BOSS = 'acme.ada.boss'
const CLERK = 'acme.bob.clerk'
const STRANGER = 'other.eve.boss'
const textOf = (answer: ReadAnswer | null): string => new TextDecoder().decode(answer?.body)
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

let rest: RestBench
let front: ReadsFront
beforeAll(async () => {
  rest = await openRest({ collections, authenticator })
  front = await openFront(rest, authenticator)
})
afterAll(async () => {
  await front.close()
  await rest.close()
})

const put = (id: string, body: object, as = BOSS, name = 'items') =>
  rest.call('PUT', `/v1/records/${name}/${id}`, { as, body: { ...body } })

/** As the door answers it, then as it is answered the second time. */
async function readTwice(path: string, token: string, headers: Record<string, string> = {}) {
  await front.get(path, { ...bearer(token), ...headers })
  return front.get(path, { ...bearer(token), ...headers })
}

describe('S12: answers that are kept', () => {
  test('are those of the door, with its headers, for records and lists, and 304 for who has the version', async () => {
    await put('same', { title: 'é😀', stock: 3 })
    for (const path of ['/v1/records/items/same', '/v1/records/items?limit=2', '/v1/records/items']) {
      const first = await front.get(path, bearer(BOSS))
      const second = await front.get(path, bearer(BOSS))
      expect([first.atOnce, second.atOnce]).toEqual([false, true])
      expect({ ...second, atOnce: false }).toEqual(first)
      expect(JSON.parse(second.text)).toBeDefined()
    }
    const { etag: tag = '' } = (await front.get('/v1/records/items/same', bearer(BOSS))).headers
    for (const value of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const told = await front.get('/v1/records/items/same', { ...bearer(BOSS), 'if-none-match': value })
      expect(told).toMatchObject({ atOnce: true, status: 304, text: '' })
      expect(told.headers).toMatchObject({ etag: tag, 'cache-control': 'private, no-cache' })
    }
    const other = await front.get('/v1/records/items/same', { ...bearer(BOSS), 'if-none-match': '"x"' })
    expect(other).toMatchObject({ atOnce: true, status: 200 })
  })

  test('are for readers with the same roles in the same tenant alone', async () => {
    await put('who', { title: 'a', secret: 'hush' })
    expect((await readTwice('/v1/records/items/who', BOSS)).text).toContain('hush')
    const clerk = await front.get('/v1/records/items/who', bearer(CLERK))
    expect(clerk.atOnce).toBe(false)
    expect(clerk.text).not.toContain('hush')
    expect((await readTwice('/v1/records/items/who', CLERK)).text).toBe(clerk.text)
    expect(await readTwice('/v1/records/items/who', STRANGER)).toMatchObject({ atOnce: false, status: 404 })
    expect((await readTwice('/v1/records/items', STRANGER)).text).not.toContain('who')
  })

  test('are none where a function decides about the record at hand (A4)', async () => {
    await put('mine', { owner: 'ada' }, BOSS, 'own')
    for (const path of ['/v1/records/own/mine', '/v1/records/own'])
      expect(await readTwice(path, BOSS)).toMatchObject({ atOnce: false, status: 200 })
    expect((await readTwice('/v1/records/own/mine', 'acme.bob.boss')).status).toBe(404)
  })

  test('are none of refusals, of the past, nor of what is asked by a page from elsewhere', async () => {
    const { body } = await put('past', { title: 'a' })
    expect((await readTwice('/v1/records/items/nobody', BOSS)).atOnce).toBe(false)
    expect((await readTwice('/v1/records/nowhere', BOSS)).atOnce).toBe(false)
    expect((await readTwice(`/v1/records/items/past?at=${body.version}`, BOSS)).atOnce).toBe(false)
    expect((await readTwice('/v1/records/items/past', BOSS, { origin: 'http://a.test' })).atOnce).toBe(false)
    expect((await readTwice('/v1/records/items/past/history', BOSS)).atOnce).toBe(false)
  })

  test('show a write from when it is answered, whoever of its readers asks, and others stay', async () => {
    await put('w', { title: 'w', stock: 1 })
    await put('x', { title: 'other' })
    await readTwice('/v1/records/items/x', BOSS)
    const paths = ['/v1/records/items/w', '/v1/records/items?title=w']
    const read = async () => {
      const texts: string[] = []
      for (const path of paths) for (const as of [BOSS, CLERK]) texts.push((await readTwice(path, as)).text)
      return texts
    }
    for (const text of await read()) expect(text).toContain('"stock":1')
    await rest.call('PATCH', '/v1/records/items/w', { as: CLERK, body: { stock: { $increment: 4 } } })
    for (const text of await read()) expect(text).toContain('"stock":5')
    expect((await front.get('/v1/records/items/x', bearer(BOSS))).atOnce).toBe(true)
    await rest.call('DELETE', '/v1/records/items/w', { as: BOSS })
    expect(await readTwice('/v1/records/items/w', BOSS)).toMatchObject({ atOnce: false, status: 404 })
    for (const text of (await read()).slice(2)) expect(text).toBe('{"items":[],"next":null}')
  })

  test('show nothing of a record that has been erased (E1)', async () => {
    await put('e', { title: 'gone' })
    for (const path of ['/v1/records/items/e', '/v1/records/items'])
      expect((await readTwice(path, BOSS)).text).toContain('gone')
    const key = { tenant: 'acme', collection: 'items', id: 'e' }
    const origin = {
      subject: 'ada',
      roles: [],
      session: '',
      door: 'rest',
      device: null,
      metadata: {},
    } as const
    const at = { claimedAt: null, receivedAt: new Date().toISOString() }
    await eraseRecord(rest.storage, key, rest.rooms.collectionOf(key), {
      reason: 'asked for',
      allowNew: false,
      origin: { ...origin, ...at },
    })
    for (const path of ['/v1/records/items/e', '/v1/records/items'])
      expect((await readTwice(path, BOSS)).text).not.toContain('gone')
  })

  test('are told to nobody while a write is under way', async () => {
    await put('busy', { title: 'a' })
    const reader = { tenant: 'acme', roles: ['boss'] }
    const path = '/v1/records/items/busy'
    await readTwice(path, BOSS)
    expect(rest.reads.find(reader, path)).not.toBeNull()
    const written = rest.storage.writeTables([])
    expect(rest.reads.find(reader, path)).toBeNull()
    await written
    expect((await front.get(path, bearer(BOSS))).atOnce).toBe(false)
    expect((await front.get(path, bearer(BOSS))).atOnce).toBe(true)
  })

  test('count as requests: beyond the rate the door refuses (W9)', async () => {
    const slow = await openRest({ requests: { perSecond: 1, burst: 3 }, clock: () => 0 })
    const before = await openFront(slow)
    try {
      await slow.call('PUT', '/v1/records/items/a', { as: 'bob', body: { title: 'a' } })
      const answers = []
      for (let n = 0; n < 4; n++) answers.push(await before.get('/v1/records/items/a', bearer('ada')))
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429])
      expect(answers.map(({ atOnce }) => atOnce)).toEqual([false, true, true, false])
    } finally {
      await before.close()
      await slow.close()
    }
  })
})

test('S12: a read that began before a write is not kept as if it had begun after it', async () => {
  let meanwhile = async (): Promise<unknown> => undefined
  const slow = await openRest({
    collections,
    authenticator,
    wrap: (storage) =>
      new Proxy(storage, {
        get(target, name) {
          if (name === 'readRecord')
            return async (key: Parameters<typeof storage.readRecord>[0]) => {
              const stored = await target.readRecord(key)
              await meanwhile()
              return stored
            }
          const member: unknown = Reflect.get(target, name, target)
          return typeof member === 'function' ? member.bind(target) : member
        },
      }),
  })
  try {
    const path = '/v1/records/items/a'
    await slow.call('PUT', path, { as: BOSS, body: { title: 'old' } })
    meanwhile = async () => {
      meanwhile = async () => undefined
      await slow.call('PUT', path, { as: BOSS, body: { title: 'new' } })
    }
    expect((await slow.call('GET', path, { as: BOSS })).body.fields.title).toBe('old')
    expect(slow.reads.find({ tenant: 'acme', roles: ['boss'] }, path)).toBeNull()
    expect((await slow.call('GET', path, { as: BOSS })).body.fields.title).toBe('new')
    const kept = slow.reads.find({ tenant: 'acme', roles: ['boss'] }, path)
    expect(textOf(kept)).toContain('new')
  } finally {
    await slow.close()
  }
})

test('S12: whatever is written and read in whatever order, a kept answer is what the door would answer now', async () => {
  const ids = ['p', 'q']
  const paths = [
    ...ids.map((id) => `/v1/records/others/${id}`),
    '/v1/records/others',
    '/v1/records/others?title=1',
  ]
  const step = fc.oneof(
    fc.record({ write: fc.constantFrom(...ids), title: fc.constantFrom('1', '2') }),
    fc.record({ remove: fc.constantFrom(...ids) }),
    fc.record({ read: fc.constantFrom(...paths) }),
  )
  const reader = { tenant: 'acme', roles: ['boss'] }
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      for (const one of steps) {
        if ('write' in one) await put(one.write, { title: one.title }, BOSS, 'others')
        else if ('remove' in one) await rest.call('DELETE', `/v1/records/others/${one.remove}`, { as: BOSS })
        else {
          const kept = rest.reads.find(reader, one.read)
          const { text } = await rest.call('GET', one.read, { as: BOSS })
          if (kept !== null) expect(textOf(kept)).toBe(text)
        }
      }
    }),
    { numRuns: 30 },
  )
})

test('S12: answers that would take more than their memory are not kept', async () => {
  const reads = new KeptReads({ storage: rest.storage, bytesMax: 64 * 1024 })
  const own = rest.rooms.collectionOf({ collection: 'others', id: 'a' })
  const scope = { tenant: 'acme', collection: 'others' }
  const actor = { tenant: 'acme', roles: [] }
  const keep = (target: string, json: string) => reads.begin({ actor, target }, own, scope)(json, null)
  keep('/small', 'x'.repeat(100))
  keep('/large', 'x'.repeat(64 * 1024))
  expect(textOf(reads.find(actor, '/small'))).toHaveLength(100)
  expect(reads.find(actor, '/large')).toBeNull()
})
