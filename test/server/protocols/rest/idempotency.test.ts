import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SqliteStorage } from '../../../../server/storage/sqlite/sqlite-storage.ts'
import type { Storage } from '../../../../server/storage/storage.ts'
import type { Answer, Call, RestBench } from './rest-bench.ts'
import { openRest, tagOf } from './rest-bench.ts'

let rest: RestBench
beforeAll(async () => {
  rest = await openRest()
})
afterAll(() => rest.close())

const keyed = (key: string, call: Call): Call => ({
  ...call,
  headers: { ...call.headers, 'Idempotency-Key': key },
})

const isReplay = (answer: Answer): boolean => answer.headers.get('Idempotency-Replayed') === 'true'

let records = 0
async function newItem(bench = rest): Promise<string> {
  const path = `/v1/records/items/i${++records}`
  await bench.call('PUT', path, { body: { title: 'Box' } })
  return path
}

const stockOf = async (path: string): Promise<number> => (await rest.call('GET', path)).body.fields.stock

describe('a retry with the same Idempotency-Key', () => {
  test('writes nothing, and answers the kept outcomes on the record as it is now', async () => {
    const path = await newItem()
    const request = keyed('one', { body: { stock: { $increment: 5 } } })
    const first = await rest.call('PATCH', path, request)
    await rest.call('PATCH', path, { body: { stock: { $increment: 1 } } })
    const second = await rest.call('PATCH', path, request)
    expect([isReplay(first), isReplay(second), second.status]).toEqual([false, true, 200])
    expect(second.body.outcomes).toEqual(first.body.outcomes)
    expect(second.body.fields.stock).toBe(6)
    expect(tagOf(second)).toBe(tagOf(await rest.call('GET', path)))
  })

  test('of a POST without an id answers 201 and the record of the first', async () => {
    const request = keyed('two', { body: { title: 'Crate' } })
    const first = await rest.call('POST', '/v1/records/items', request)
    const second = await rest.call('POST', '/v1/records/items', request)
    expect([second.status, isReplay(second)]).toEqual([201, true])
    expect(second.body).toEqual(first.body)
    expect(second.headers.get('Location')).toBe(first.headers.get('Location'))
  })

  test('of a DELETE answers 204, also when the record has come back', async () => {
    const path = await newItem()
    const first = await rest.call('DELETE', path, keyed('three', {}))
    await rest.call('PUT', path, { body: { title: 'Back' } })
    const second = await rest.call('DELETE', path, keyed('three', {}))
    expect([first.status, second.status, isReplay(second)]).toEqual([204, 204, true])
    expect((await rest.call('GET', path)).status).toBe(200)
  })

  test('of a write that changed nothing changes nothing later either', async () => {
    const path = '/v1/records/patients/still'
    await rest.call('PUT', path, { body: { allergies: ['nuts'] } })
    const request = keyed('four', { body: { allergies: { $add: ['nuts'] } } })
    await rest.call('PATCH', path, request)
    await rest.call('PATCH', path, { body: { allergies: { $remove: ['nuts'] } } })
    expect(isReplay(await rest.call('PATCH', path, request))).toBe(true)
    expect((await rest.call('GET', path)).body.fields.allergies).toEqual([])
  })

  test('of a held write names the conflict again', async () => {
    const path = '/v1/records/patients/held'
    const created = await rest.call('PUT', path, { body: { diagnosis: 'unclear' } })
    await rest.call('PATCH', path, { body: { diagnosis: 'flu' }, as: 'bob' })
    const request = keyed('five', { body: { diagnosis: 'covid' }, headers: { 'If-Match': tagOf(created) } })
    const first = await rest.call('PATCH', path, request)
    expect(first.body.outcomes.diagnosis.outcome).toBe('held')
    expect((await rest.call('PATCH', path, request)).body).toEqual(first.body)
  })

  test('of a refused request is carried out: nothing has been written', async () => {
    const path = '/v1/records/items/later'
    const request = keyed('six', { body: { title: 'New' } })
    expect((await rest.call('PATCH', path, request)).status).toBe(404)
    await rest.call('PUT', path, { body: { title: 'Old' } })
    const second = await rest.call('PATCH', path, request)
    expect([second.status, isReplay(second), second.body.fields.title]).toEqual([200, false, 'New'])
  })
})

describe('the same key', () => {
  test('with another request is refused', async () => {
    const path = await newItem()
    const other = await newItem()
    const headers = { 'If-Match': tagOf(await rest.call('GET', path)) }
    const body = { stock: { $increment: 1 } }
    await rest.call('PATCH', path, keyed('seven', { body, headers }))
    const reuses: readonly [string, string, Call][] = [
      ['PATCH', path, { body: { stock: { $increment: 2 } }, headers }],
      ['PATCH', path, { body }],
      ['PATCH', `${path}?base=${headers['If-Match'].replaceAll('"', '')}`, { body, headers }],
      ['PATCH', other, { body, headers: { 'If-Match': tagOf(await rest.call('GET', other)) } }],
      ['DELETE', path, { headers }],
    ]
    for (const [method, where, call] of reuses) {
      const refused = await rest.call(method, where, keyed('seven', call))
      expect([refused.status, refused.body.code]).toEqual([422, 'reused_key'])
      expect(refused.body.detail).toMatch(/^Idempotency-Key: /)
    }
    expect([await stockOf(path), await stockOf(other)]).toEqual([1, 0])
  })

  test('of another subject is another key', async () => {
    const path = await newItem()
    for (const as of ['bob', 'cleo'])
      expect(
        isReplay(await rest.call('PATCH', path, keyed('eight', { body: { stock: { $increment: 1 } }, as }))),
      ).toBe(false)
    expect(await stockOf(path)).toBe(2)
  })
})

describe('requests with one key that race', () => {
  test('on one record: one writes, all are given its answer', async () => {
    const path = await newItem()
    const request = keyed('nine', { body: { stock: { $increment: 1 } } })
    const others = Array.from({ length: 5 }, () =>
      rest.call('PATCH', path, { body: { stock: { $increment: 10 } } }),
    )
    const answers = await Promise.all([
      ...others,
      ...Array.from({ length: 10 }, () => rest.call('PATCH', path, request)),
    ])
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(answers.filter(isReplay)).toHaveLength(9)
    expect(await stockOf(path)).toBe(51)
  })

  test('as POSTs that each would create a record: one record is created', async () => {
    const request = keyed('ten', { body: { title: 'Raced' } })
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => rest.call('POST', '/v1/records/items', request)),
    )
    expect(answers.every(({ status }) => status === 201)).toBe(true)
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect((await rest.call('GET', '/v1/records/items?title=Raced')).body.items).toHaveLength(1)
  })

  test('on two nodes, after both have looked for an answer: one writes', async () => {
    // Both nodes look before either commits: the worst case, held open by waiting for the other's look.
    let looks = 0
    let release = (): void => {}
    const bothHaveLooked = new Promise<void>((resolve) => {
      release = resolve
    })
    const wrap = (storage: SqliteStorage): Storage =>
      new Proxy(storage, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name)
          if (name === 'commit')
            return async (...plan: Parameters<Storage['commit']>) => {
              if (plan[0].answers.length > 0) await bothHaveLooked
              return target.commit(...plan)
            }
          if (name === 'readAnswer')
            return async (...asked: Parameters<Storage['readAnswer']>) => {
              const answer = await target.readAnswer(...asked)
              // Each request looks at the door, and again before it plans.
              if (++looks === 4) release()
              return answer
            }
          return typeof member === 'function' ? member.bind(target) : member
        },
      })
    const one = await openRest({ wrap })
    const two = await openRest({ besides: one, wrap })
    const path = await newItem(one)
    const request = keyed('eleven', { body: { stock: { $increment: 1 } } })
    const answers = await Promise.all([one.call('PATCH', path, request), two.call('PATCH', path, request)])
    expect(looks).toBeGreaterThan(4)
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(answers.filter(isReplay)).toHaveLength(1)
    for (const { body } of answers) expect(body.fields.stock).toBe(1)
    await two.close()
    await one.close()
  })
})
