// The gate for Automerge changes: operations that name what is not there, or cost or mean what they must not.
import * as Automerge from '@automerge/automerge'
import { beforeAll, describe, expect, it } from 'vitest'
import { defaultAutomergeLimits, vetChange } from '../../../server/gate/automerge-gate.ts'
import {
  ADA,
  bobs,
  CARL,
  doc,
  expectRefused,
  idOf,
  naming,
  nestedMaps,
  next,
  opAt,
  own,
  set,
  times,
  vet,
} from './automerge-record.ts'
import { RecordedHistory } from './recorded-history.ts'
import type { ForgedOp } from './signed-chunk.ts'

const [numberOp, countOp, firstItem] = [
  opAt(({ key, obj }) => key === 'n' && obj === '_root'),
  opAt(({ key }) => key === 'count'),
  opAt(({ obj }) => obj === idOf('list')),
]

beforeAll(() => {
  for (let round = 0; round < 5; round++) vet(bobs(nestedMaps(2_000)))
})

describe('operations', () => {
  it.each([5_000, 20_000])('W6: %i nested maps are refused', (depth) => {
    expectRefused(
      bobs(nestedMaps(depth)),
      depth > 10_000 ? 'more than 10000 operations' : 'nested deeper than 32',
    )
  })

  it('W6: 2,000 maps, 31 deep, are refused: applying them would hold the process', () => {
    const chains = times(2_000, (index) =>
      index % 31 === 0
        ? { action: 'makeMap', obj: '_root', key: `chain ${index}` }
        : { action: 'makeMap', obj: own(index - 1), key: 'k' },
    )
    expectRefused(bobs(chains), 'too many operations too deep')
  })

  it('W6: objects may not nest deeper by several changes than by one', () => {
    const known = RecordedHistory.of(doc)
    const first = vet(bobs(nestedMaps(32)), known)
    if (!first.ok) throw new Error(first.reason)
    known.add(first.change.decoded)
    const deeper = bobs([{ action: 'makeMap', obj: own(31), key: 'k' }], {
      seq: 2,
      startOp: next + 32,
      deps: [first.change.hash],
    })
    expectRefused(deeper, 'nested deeper than 32', known)
  })

  it.each(['__proto__', 'constructor', 'prototype'])(
    'W6: the key %s is refused: it would reach into JavaScript',
    (key) => {
      expectRefused(bobs([set({ key })]), 'not safe')
      expectRefused(bobs([set({ key, obj: idOf('map') })]), 'not safe')
    },
  )

  it('W6: a key that is empty or too long is refused', () => {
    expectRefused(bobs([set({ key: '' })]), 'an empty key')
    expectRefused(bobs([set({ key: 'k'.repeat(257) })]), 'a key longer than 256')
  })

  it.each([
    ['an object that does not exist', set({ obj: `99@${CARL}` }), 'an object that its author'],
    ['an object that is none', set({ obj: numberOp }), 'an object that its author'],
    ['an object that comes later in the change', set({ obj: own(1) }), 'an object that its author'],
    ['a key in a list', set({ obj: idOf('list') }), 'a key in a list'],
    [
      'an element in a map',
      { action: 'set', obj: idOf('map'), elemId: firstItem, insert: true, value: 1 },
      'an element in a map',
    ],
    [
      'an element of another list',
      {
        action: 'set',
        obj: idOf('list'),
        elemId: opAt(({ obj }) => obj === idOf('title')),
        insert: true,
        value: 'x',
      },
      'an element that its author',
    ],
    [
      'an element that does not exist',
      { action: 'set', obj: idOf('list'), elemId: `99@${CARL}`, insert: true, value: 'x' },
      'an element that its author',
    ],
    [
      'the head of a list as an element',
      { action: 'del', obj: idOf('list'), elemId: '_head', pred: [firstItem] },
      'the head',
    ],
    [
      'an insertion of a deletion',
      { action: 'del', obj: idOf('list'), elemId: firstItem, insert: true },
      'an insertion of no value',
    ],
    [
      'an insertion that overwrites',
      { action: 'set', obj: idOf('list'), elemId: firstItem, insert: true, value: 1, pred: [firstItem] },
      'an insertion that overwrites',
    ],
    [
      'a predecessor of an unknown actor',
      set({ key: 'n', pred: [`4@${CARL}`] }),
      'a predecessor that its author',
    ],
    [
      'a predecessor in another slot',
      set({ key: 'new', pred: [numberOp] }),
      'a predecessor in another place',
    ],
    ['a deletion of nothing', { action: 'del', obj: '_root', key: 'n' }, 'a deletion of nothing'],
    ['an increment of nothing', { action: 'inc', obj: '_root', key: 'new', value: 1 }, 'no counter'],
    [
      'an increment of a number',
      { action: 'inc', obj: '_root', key: 'n', value: 1, pred: [numberOp] },
      'no counter',
    ],
    [
      'a list within a text',
      { action: 'makeList', obj: idOf('title'), elemId: '_head', insert: true },
      'within a text',
    ],
    [
      'a number within a text',
      { action: 'set', obj: idOf('title'), elemId: '_head', insert: true, value: 1, datatype: 'int' },
      'only characters',
    ],
  ] satisfies [string, ForgedOp, string][])('W6: %s is refused', (_name, op, reason) => {
    expectRefused(bobs([op]), reason)
  })

  it('W6: a predecessor that is a deletion or an increment is refused: the record would not load again', () => {
    const later = Automerge.change(doc, (root) => {
      delete root.n
      ;(root.count as Automerge.Counter).increment(1)
    })
    const known = RecordedHistory.of(later)
    const rest = { deps: Automerge.getHeads(later), startOp: next + 2 }
    const ghost = bobs([set({ key: 'n', pred: [own(0, ADA)] })], rest)
    const [poisoned] = Automerge.applyChanges(Automerge.clone(later), [ghost])
    expect(() => Automerge.load(Automerge.save(poisoned))).toThrow()
    const second = bobs([set({ key: 'count', pred: [own(1, ADA)] })], rest)
    const reasons = [ghost, second].map((change) => vet(change, known))
    expect(reasons).toMatchObject([
      { reason: expect.stringContaining('no value') },
      { reason: expect.stringContaining('no value') },
    ])
  })

  it('W6: what its author had not seen is refused, though the record has it: replicas would panic', () => {
    const carls = Automerge.change(Automerge.clone(doc, { actor: CARL }), (root) => {
      root.own = { deep: 1 }
      root.n = 2
    })
    const known = RecordedHistory.of(carls)
    const secret = Automerge.getObjectId(carls, 'own') ?? ''
    const rest = { startOp: next + 3 }
    expectRefused(bobs([set({ obj: secret })], rest), 'an object that its author', known)
    expectRefused(
      bobs([set({ key: 'n', pred: [own(2, CARL)] })], rest),
      'a predecessor that its author',
      known,
    )
  })

  it('W6: two values of one change in one place are refused unless the later overwrites the earlier', () => {
    expectRefused(bobs([set(), set()]), 'beside its own first one')
    expect(vet(bobs([set(), set({ pred: [own(0)] })]))).toMatchObject({ ok: true })
  })

  it('W6: thousands of predecessors in a few bytes are refused', () => {
    const pred = times(3_000, (index) => own(index))
    const change = bobs([...times(3_000, () => set()), ...times(100, () => set({ pred }))])
    expectRefused(change, 'more than 20000 predecessors')
  })

  it.each([
    ['a counter beyond 2^52', set({ value: 2 ** 52 + 1, datatype: 'counter' }), 'a counter beyond'],
    [
      'an increment beyond 2^32',
      { action: 'inc', obj: '_root', key: 'count', value: 2 ** 32 + 1, pred: [countOp] },
      'more than 2^32',
    ],
    [
      'a time that no Date can hold',
      set({ value: 8.64e15 + 1, datatype: 'timestamp' }),
      'a time that no clock',
    ],
    ['a string beyond the limit', set({ value: 'x'.repeat(128 * 1024 + 1) }), 'a value longer than'],
  ] satisfies [string, ForgedOp, string][])('W6: %s is refused', (_name, op, reason) => {
    expectRefused(bobs([op]), reason)
  })

  it.each(['_collection', '_id', '_conflicts', '_other'])(
    'R1: the root key %s belongs to the server',
    (key) => {
      expectRefused(bobs([set({ key })]), 'belongs to the server')
    },
  )

  it('C8: what is inside the map of conflicts belongs to the server', () => {
    expectRefused(bobs([set({ obj: idOf('_conflicts') })]), 'belongs to the server')
    expectRefused(bobs([{ action: 'makeMap', obj: idOf('_conflicts'), key: 'c' }]), 'belongs to the server')
  })

  it('R1: only true and false say whether a record is deleted', () => {
    expectRefused(bobs([set({ key: '_deleted', value: 'yes' })]), 'belongs to the server')
    expectRefused(bobs([{ action: 'makeMap', obj: '_root', key: '_deleted' }]), 'belongs to the server')
  })

  it('R2: the genesis change itself may write the keys of the server, and the same in another hand may not', () => {
    if (naming === undefined) throw new Error('no genesis')
    expect(vet(naming.bytes, new RecordedHistory())).toMatchObject({ ok: true })
    expect(vetChange(naming.bytes, new RecordedHistory(), defaultAutomergeLimits)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('belongs to the server'),
    })
  })
})
