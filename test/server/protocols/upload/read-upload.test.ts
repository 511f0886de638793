import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { UploadOp, UploadRead } from '../../../../server/protocols/upload/read-upload.ts'
import { readUpload } from '../../../../server/protocols/upload/read-upload.ts'
import type { Json, JsonObject } from '../../../../shared/json.ts'
import { parseExactJson } from '../../../../shared/wire/exact-json.ts'

const read = (method: string, body: unknown): UploadRead => {
  const parsed = parseExactJson(JSON.stringify(body), { depthMax: 32, valuesMax: 10_000 })
  if (!parsed.ok) throw new RangeError(parsed.problem)
  return readUpload(method, parsed.value)
}

const name = fc.string({ minLength: 1, maxLength: 12 })
const column = name.filter((field) => field !== 'id' && field !== '__proto__')
const columns = fc.dictionary(
  column,
  fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, max: 1e9, min: -1e9 }), fc.constant(null)),
  { noNullPrototype: true },
)
const anOp = fc.record({
  opId: fc.nat().map(String),
  txId: fc.option(fc.nat().map(String), { nil: null }),
  database: fc.option(name, { nil: null }),
  op: fc.constantFrom('PUT', 'PATCH', 'DELETE'),
  table: name,
  id: name,
  data: columns,
  old: fc.option(columns, { nil: null }),
  metadata: fc.dictionary(column, fc.string({ maxLength: 20 }), { noNullPrototype: true, maxKeys: 5 }),
})

const onWire = (value: object): JsonObject => JSON.parse(JSON.stringify(value))
const asWritten = ({ data, old, metadata, ...rest }: UploadOp): unknown => ({
  ...rest,
  data: onWire(data),
  old: old === null ? null : onWire(old),
  metadata,
})
const opsOf = (result: UploadRead): readonly unknown[] =>
  result.ok ? result.entries.map((entry) => (entry.ok ? asWritten(entry.op) : entry)) : [result]

describe('an operation', () => {
  test('is read the same from all four bodies', () => {
    fc.assert(
      fc.property(anOp, fc.boolean(), (one, asText) => {
        const { opId, txId, database, op, table, id, data, old, metadata } = one
        const crud = {
          op_id: Number(opId),
          op: op.toLowerCase(),
          type: table,
          id,
          tx_id: txId === null ? null : Number(txId),
          data: asText ? JSON.stringify(data) : { ...data, id },
          old,
          metadata: asText ? JSON.stringify(metadata) : metadata,
        }
        const expected = { ...one, data: onWire(data), old: old === null ? null : onWire(old) }
        expect(opsOf(read('POST', { client_id: database, batch: [crud] }))).toEqual([expected])
        expect(opsOf(read('POST', { ...crud, client_id: database }))).toEqual([expected])

        const anonymous = { ...expected, opId: null, txId: null, database: null, old: null, metadata: {} }
        expect(opsOf(read('POST', { op, table, id, opData: data }))).toEqual([anonymous])
        expect(opsOf(read('POST', { batch: [{ op, table, id, data }] }))).toEqual([anonymous])
        expect(opsOf(read(op, { table, data: { id, ...data } }))).toEqual([anonymous])
      }),
    )
  })

  test('that cannot be read spoils none of the others, whatever it is', () => {
    fc.assert(
      fc.property(
        anOp,
        fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes('__proto__')),
        (one, junk) => {
          const good = { op_id: one.opId, op: one.op, type: one.table, id: one.id, data: one.data }
          const result = read('POST', { batch: [good, junk, good] })
          const entries = result.ok ? result.entries : []
          expect(entries.map(({ ok }) => ok)).toEqual([true, expect.any(Boolean), true])
          expect(entries[2]).toEqual(entries[0])
        },
      ),
    )
  })
})

test('metadata that is no JSON is kept as a message', () => {
  const [entry] = opsOf(read('POST', { op: 'PUT', table: 't', id: 'i', opData: {}, metadata: 'note' }))
  expect(entry).toMatchObject({ metadata: { message: 'note' } })
})

test('P14: metadata that is too long or of another kind is left out, says so, and costs no operation', () => {
  const readWith = (metadata: Json) =>
    opsOf(read('POST', { op: 'PUT', table: 't', id: 'i', opData: { a: 1 }, metadata }))[0]
  const tooLong = { metadataLeftOut: 'takes at most 4096 characters' }
  expect(readWith({ long: 'x'.repeat(5000) })).toMatchObject({ metadata: tooLong })
  expect(readWith(7)).toMatchObject({ metadata: { metadataLeftOut: 'takes a JSON object or a text' } })
})
