import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Actor, Authenticator } from '../../../../server/auth/actor.ts'
import { ANONYMOUS } from '../../../../server/auth/actor.ts'
import type { SqliteStorage } from '../../../../server/storage/sqlite/sqlite-storage.ts'
import type { Storage } from '../../../../server/storage/storage.ts'
import { SluiceError } from '../../../../shared/errors/error-table.ts'
import { until } from '../../../support/until.ts'
import type { Answer, RestBench } from '../rest/rest-bench.ts'
import { openRest } from '../rest/rest-bench.ts'
import { batch, crud, statuses } from './upload-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest()
})
afterAll(() => rest.close())

describe('a whole request', () => {
  const people = new Map<string, Actor>([
    ['ada', { ...ANONYMOUS, subject: 'ada', tenant: 'north' }],
    ['bob', { ...ANONYMOUS, subject: 'bob', tenant: 'south' }],
  ])
  const authenticator: Authenticator = {
    description: 'two people of two tenants',
    isOpen: false,
    async authenticate(token) {
      const actor = people.get(token ?? '')
      if (actor === undefined) throw new SluiceError('unauthenticated', 'the token is not valid')
      return actor
    },
  }

  test('E4: is of the tenant of its token, and 401 without one', async () => {
    const bench = await openRest({ authenticator })
    const send = (as: string): Promise<Answer> =>
      bench.call('POST', '/v1/upload', {
        body: { ...batch({ op: 'PUT', table: 'items', id: 'x', tenant: 'south', data: { title: as } }) },
        as,
      })
    expect((await send('eve')).status).toBe(401)
    await send('ada')
    expect((await bench.call('GET', '/v1/records/items/x', { as: 'bob' })).status).toBe(404)
    await send('bob')
    expect((await bench.call('GET', '/v1/records/items/x', { as: 'ada' })).body.fields.title).toBe('ada')
    await bench.close()
  })

  test('is refused if it is too large', async () => {
    const bench = await openRest({ bodyBytesMax: 1000 })
    const body = batch(crud('PUT', 'items', 'x', { data: { title: 'x'.repeat(2000) } }))
    expect((await bench.call('POST', '/v1/upload', { body })).status).toBe(413)
    await bench.close()
    const raw = `{"batch":[${'0,'.repeat(200_000)}0]}`
    expect((await rest.call('POST', '/v1/upload', { raw })).status).toBe(413)
  })

  test('fails while the store does, without a word of SQL, and has its effect once when it is repeated', async () => {
    let fails = true
    const wrap = (storage: SqliteStorage): Storage =>
      new Proxy(storage, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name)
          if (name === 'commit')
            return (...plan: Parameters<Storage['commit']>) =>
              fails && plan[0].key.id === 'dead'
                ? { status: 'failed', reason: 'SQLITE_FULL: INSERT INTO secret', fatal: false }
                : target.commit(...plan)
          return typeof member === 'function' ? member.bind(target) : member
        },
      })
    const bench = await openRest({ wrap })
    const body = batch(
      crud('PUT', 'items', 'one', { data: { title: 'Box' } }),
      crud('PATCH', 'items', 'one', { data: { stock: 1 }, metadata: { delta: true } }),
      crud('PUT', 'nothing', 'dead', { data: { a: 1 } }),
    )
    const waiting = bench.call('POST', '/v1/upload', { body })
    await until(async () => (await bench.call('GET', '/readyz')).status === 503, 'the store is said to fail')
    const failed = await bench.call('POST', '/v1/upload', { body })
    expect([failed.status, failed.body.retryable, failed.text.includes('SQL')]).toEqual([503, true, false])
    fails = false
    expect(statuses(await waiting)).toEqual(['applied', 'applied', 'rejected'])
    const again = await bench.call('POST', '/v1/upload', { body })
    expect(statuses(again)).toEqual(['duplicate', 'duplicate', 'duplicate'])
    expect((await bench.call('GET', '/v1/records/items/one')).body.fields.stock).toBe(1)
    await bench.close()
  })
})
