// Keeps the sync protocol's version true: what is said on the wire does not change under a version that is out.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  decodeClientMessage,
  decodeServerMessage,
  encodeClientMessage,
  encodeServerMessage,
} from '../../../shared/sync/codec.ts'
import { clientTable, serverTable } from '../../../shared/sync/message-table.ts'
import type { ClientMessage, ServerMessage } from '../../../shared/sync/messages.ts'
import { SYNC_PROTOCOL } from '../../../shared/sync/messages.ts'

/** Everything that has a say in what a message looks like. */
const SOURCES = [
  'sync/messages.ts',
  'sync/message-table.ts',
  'wire/cbor.ts',
  'record/field-op.ts',
  'record/field-change.ts',
  'conflicts/conflict.ts',
  'json.ts',
]

/**
 * Version → digest of its schema. A change of the schema gets a new version and a new line; a line that is out is
 * never changed, since clients and servers that speak it are out, too.
 */
const DIGESTS: Readonly<Record<number, string>> = {
  1: 'e19c592ba58df6ab',
  2: '58f026046f0a0971',
  3: '1f71a5f584f83dbf',
  4: '2255ea16ab80861d',
}

function schemaDigest(): string {
  const hash = createHash('sha256')
  for (const source of SOURCES) {
    const text = readFileSync(new URL(`../../../shared/${source}`, import.meta.url), 'utf8')
    hash.update(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').replaceAll(/\s+/g, ''))
  }
  return hash.digest('hex').slice(0, 16)
}

describe('K1: the version', () => {
  test('the schema has not changed without the version of the protocol', () => {
    expect(schemaDigest(), 'raise SYNC_PROTOCOL, and add its digest').toBe(DIGESTS[SYNC_PROTOCOL])
    expect(Object.keys(DIGESTS).map(Number).at(-1)).toBe(SYNC_PROTOCOL)
  })

  test('each message has a number of its own', () => {
    for (const table of [clientTable, serverTable]) {
      const numbers = Object.values(table).map(([number]) => number)
      expect(new Set(numbers).size).toBe(numbers.length)
    }
  })

  test('a table that lacks a member of a message does not compile', () => {
    // @ts-expect-error `number` is missing
    const lacking: typeof clientTable.ping = [2]
    expect(lacking).not.toEqual(clientTable.ping)
  })
})

describe('messages and frames', () => {
  const update = new Uint8Array([1, 2, 3])
  const sent: readonly ClientMessage[] = [
    { type: 'hello', device: 'a phone' },
    { type: 'text.update', channel: 3, number: 17, update },
    {
      type: 'query.open',
      channel: 1,
      known: null,
      query: { collection: 'a', where: { b: 1 }, orderBy: null, after: null, limit: 5 },
    },
  ]
  const told: readonly ServerMessage[] = [
    { type: 'same', channel: 4 },
    { type: 'closed', channel: 4, code: 'forbidden', message: 'no', details: { field: 'a' } },
    { type: 'changed', id: 'c1', result: { status: 'done', version: null, fields: {} } },
  ]

  test('come back as they were; a keystroke costs few bytes', () => {
    for (const message of sent) expect(decodeClientMessage(encodeClientMessage(message))).toEqual(message)
    for (const message of told) expect(decodeServerMessage(encodeServerMessage(message))).toEqual(message)
    const [, keystroke] = sent.map((message) => encodeClientMessage(message).byteLength)
    expect(keystroke).toBe(update.byteLength + 5)
  })
})
