// W6: bytes that are hostile as CBOR, each refused at once and for little memory.
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import { defaultAutomergeLimits } from '../../../server/gate/automerge-limits.ts'
import { planRecord } from '../../../server/plan/plan-record.ts'
import type { RecordCommand } from '../../../server/plan/record-command.ts'
import { decodeSnapshot } from '../../../server/plan/record-snapshot.ts'
import { decodeMessage } from '../../../server/protocols/automerge-messages.ts'
import { loudAuthorizer } from '../../support/loud-authorizer.ts'
import { originOf, RecordBench } from '../../support/record-bench.ts'
import { snapshotOf } from '../../support/snapshot-of.ts'

const CPU_MS_MAX = 100
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const bytes = (...parts: readonly (number | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part])))

const hostile: readonly (readonly [name: string, frame: Uint8Array])[] = [
  ['an array of 2^32 - 1', bytes(0x9a, 255, 255, 255, 255)],
  ['an array of 2^28 - 1', bytes(0x9a, 15, 255, 255, 255)],
  ['an array of 2^25 - 1', bytes(0x9a, 1, 255, 255, 255)],
  ['an array of 2^32', bytes(0x9b, 0, 0, 0, 1, 0, 0, 0, 0)],
  ['a map of 2^32 - 1', bytes(0xba, 255, 255, 255, 255)],
  ['a byte string of 2^32 - 1', bytes(0x5a, 255, 255, 255, 255)],
  ['a text of 2^31', bytes(0x7a, 127, 255, 255, 255)],
  ['10,000 nested arrays', new Uint8Array(10_000).fill(0x81)],
  ['a million nested arrays', new Uint8Array(1_000_000).fill(0x81)],
  ['a million nested tags', new Uint8Array(1_000_000).fill(0xc1)],
  ['an array without end', bytes(0x9f, new Uint8Array(1_000).fill(1))],
  [
    'many large arrays in each other',
    bytes(...Array.from({ length: 200 }, () => bytes(0x9a, 0, 255, 255, 255))),
  ],
  ['a key __proto__', bytes(0xa1, 0x69, utf8('__proto__'), 0xa1, 0x68, utf8('polluted'), 0xf5)],
  [
    'constructor.prototype',
    bytes(0xa1, 0x6b, utf8('constructor'), 0xa1, 0x69, utf8('prototype'), 0xa1, 0x61, utf8('x'), 1),
  ],
]

describe('decodeMessage', () => {
  it.each(hostile)('W6: %s is refused, at once', (_name, frame) => {
    const before = process.cpuUsage()
    expect(() => decodeMessage(frame)).toThrow(expect.objectContaining({ code: 'bad_frame' }))
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1_000).toBeLessThan(CPU_MS_MAX)
    expect('polluted' in {}).toBe(false)
    expect('x' in {}).toBe(false)
  })

  it('W6: a message with members of a prototype is read without them', () => {
    const text = (value: string): Uint8Array => bytes(0x60 + value.length, utf8(value))
    const leave = bytes(text('type'), text('leave'), text('senderId'), text('ann'))
    const read = (frame: Uint8Array): unknown => decodeMessage(frame)
    expect(read(bytes(0xa2, leave))).toEqual({ type: 'leave', senderId: 'ann' })
    const forged = bytes(0xa3, leave, text('__proto__'), 0xa1, text('polluted'), 0xf5)
    expect(read(forged)).toEqual({ type: 'leave', senderId: 'ann' })
    expect('polluted' in {}).toBe(false)
  })

  it('S5: what a client may send does not bound what the server reads back: a snapshot of 700 changes loads', () => {
    expect(() => decodeMessage(bytes(0x9a, 255, 255, 255, 255))).toThrow()
    const bench = new RecordBench({ name: s.string() })
    const commands = Array.from(
      { length: 700 },
      (_, index): RecordCommand => ({
        type: 'write',
        intent: 'upsert',
        ops: [{ type: 'set', field: 'name', value: `name ${index}` }],
        saw: null,
        strict: false,
        origin: originOf('ann'),
        keep: null,
      }),
    )
    const context = {
      at: '2026-01-01T00:00:00.000Z',
      limits: defaultAutomergeLimits,
      authorizer: loudAuthorizer,
      storageId: '',
    }
    const { next } = planRecord(bench.state, commands, context)
    const loaded = decodeSnapshot(bench.state, next.version, snapshotOf(next))
    expect([...loaded.graph.changes()]).toHaveLength([...next.graph.changes()].length)
    expect([...loaded.graph.changes()].length).toBeGreaterThan(700)
  })
})
