// What many who follow a record are told: made once for those who may see and do the same, and for nobody else.
import fc from 'fast-check'
import { collection, s } from 'sluice'
import { expect, test } from 'vitest'
import { viewOf } from '../../../../server/plan/view-of.ts'
import type { Reader, RecordContent } from '../../../../server/protocols/sync/record-view.ts'
import { contentAfter, contentIn, markedSnapshotFor } from '../../../../server/protocols/sync/record-view.ts'
import type { StoredRecord } from '../../../../server/storage/storage.ts'
import { loudAuthorizer } from '../../../support/loud-authorizer.ts'
import { originOf, RecordBench } from '../../../support/record-bench.ts'

const key = { tenant: 'default', collection: 'things', id: '1' }

const owned = collection(
  {
    owner: s.string(),
    name: s.string().access({ write: ['editor'] }),
    salary: s.number().access({ read: ['boss'] }),
    note: s.string().access({ read: ({ actor, record }) => actor.subject === record.owner, write: ['boss'] }),
    due: s.string().critical({ resolvers: ['judge'] }),
    fee: s.number().critical(),
  },
  { access: { read: ({ actor, record }) => actor.roles.length > 0 || record.owner === actor.subject } },
)

/** The record as it becomes: new, disputed in two fields, deleted beside an update. */
function contentsOf(): readonly RecordContent[] {
  const bench = new RecordBench(owned)
  const shown = (): RecordContent => contentAfter(viewOf(bench.state), bench.state)
  bench.set('ann', 'owner', 'ann')
  bench.set('ann', 'salary', 3)
  const saw = bench.allHeads
  const contents = [shown()]
  for (const value of [1, 2]) {
    bench.set('ann', 'due', `day ${value}`, saw)
    bench.set('ann', 'fee', value, saw)
  }
  contents.push(shown())
  bench.run({
    type: 'write',
    intent: 'delete',
    ops: [],
    saw: null,
    strict: false,
    origin: originOf('ann'),
    keep: null,
  })
  contents.push(shown())
  expect(contents.map(({ conflicts, deleted }) => [conflicts.length, deleted])).toEqual([
    [0, false],
    [2, false],
    [2, true],
  ])
  return contents
}

const reader = fc
  .record({
    subject: fc.constantFrom('ann', 'bob'),
    roles: fc.subarray(['boss', 'judge', 'editor', 'guest']),
    tenant: fc.constant('default'),
    device: fc.constant(null),
  })
  .map(
    (actor): Reader => ({ actor, authorizer: loudAuthorizer, collection: new RecordBench(owned).collection }),
  )

test('A3: whoever else is told of the same record, a reader is told what he would be told alone', () => {
  const contents = contentsOf()
  fc.assert(
    fc.property(fc.array(fc.tuple(reader, fc.nat(contents.length - 1))), (readers) => {
      for (const [one, index] of readers) {
        const content = contents[index] ?? expect.fail()
        expect(markedSnapshotFor(one, key, content)).toEqual(markedSnapshotFor(one, key, { ...content }))
      }
    }),
  )
})

test('K4: those who may see and do the same are told the same object, of a commit as of what is stored', () => {
  const bench = new RecordBench({ name: s.string() })
  bench.set('ann', 'name', 'first')
  const view = viewOf(bench.state)
  const stored = { ...view, erased: false, compartments: [] } as unknown as StoredRecord
  const told = (subject: string, content: RecordContent): object =>
    markedSnapshotFor(
      {
        actor: { subject, tenant: 'default', roles: [], device: null },
        authorizer: loudAuthorizer,
        collection: bench.collection,
      },
      key,
      content,
    ).record
  expect(told('ann', contentAfter(view, bench.state))).toBe(told('bob', contentAfter(view, bench.state)))
  expect(told('ann', contentIn(stored))).toBe(told('bob', contentIn(stored)))
})
