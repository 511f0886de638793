import * as Automerge from '@automerge/automerge'
import { collection, s } from 'sluice'
import { describe, expect, it } from 'vitest'
import { emptyRecordState } from '../../../server/plan/record-state.ts'
import { decodeVersion } from '../../../shared/record/version.ts'
import { PolicyBench } from '../../support/policy-bench.ts'
import { collectionSpec, edit, str } from '../../support/record-bench.ts'

const DOCTOR = 'roles:doctor'

const fields = {
  name: s.string(),
  diagnosis: s
    .string()
    .critical()
    .access({ read: ['doctor'] }),
  score: s.counter().access({ read: ['doctor'] }),
  pay: s.number().access({ read: ['clerk'] }),
}

/** Written by somebody who may do everything: rules of permission are asked elsewhere. */
const open = (options: Parameters<typeof collection>[1] = {}): PolicyBench => {
  const bench = new PolicyBench(collection(fields, options))
  bench.put('ada', { name: 'Ada', diagnosis: 'secret one', score: 2, pay: 100 }, { roles: ['*'] })
  return bench
}
const ALL = { roles: ['*'] } as const

/** All bytes that a reader of the document is sent. */
const wireOf = (bench: PolicyBench, compartment: string): string =>
  Automerge.getAllChanges(bench.doc(compartment))
    .map((change) => JSON.stringify(Automerge.decodeChange(change)))
    .join()

describe('A7: compartments', () => {
  it('a write that names fields of several becomes one change in each, and each document holds its own alone', () => {
    const bench = open()
    expect([...bench.state.compartments.keys()]).toEqual(['roles:clerk', DOCTOR])
    expect(bench.view.fields).toEqual({ name: 'Ada', diagnosis: 'secret one', score: 2, pay: 100 })
    expect(wireOf(bench, '')).not.toMatch(/diagnosis|secret|score|pay/)
    expect(wireOf(bench, DOCTOR)).toMatch(/secret one/)
    expect(wireOf(bench, DOCTOR)).not.toMatch(/Ada|pay/)
    const outcome = bench.put('ada', { name: 'Eve', diagnosis: 'secret two' }, ALL)
    expect(bench.outcomeOf(outcome, 'name')).toBe('applied')
    expect(bench.outcomeOf(outcome, 'diagnosis')).toBe('applied')
    bench.checkReplay()
  })

  it('W3: a plan names the versions of all documents, also of those that it does not write to', () => {
    const bench = open()
    const origin = bench.origin('ada', ALL)
    const ops = [{ type: 'set', field: 'diagnosis', value: 'x' }] as const
    const before = bench.state
    const { plan } = bench.run({
      type: 'write',
      intent: 'update',
      ops,
      saw: null,
      strict: false,
      origin,
      keep: null,
    })
    expect(plan?.expectedVersion).toBe(before.version)
    expect(
      plan?.compartments.map(({ compartment, expectedVersion }) => [compartment, expectedVersion]),
    ).toEqual([
      ['roles:clerk', before.compartments.get('roles:clerk')?.version],
      [DOCTOR, before.compartments.get(DOCTOR)?.version],
    ])
    expect(plan?.journal.map(({ compartment }) => compartment)).toEqual([DOCTOR])
    expect(bench.state.version).toBe(before.version)
    expect(bench.state.compartments.get(DOCTOR)?.version).toBe(
      (before.compartments.get(DOCTOR)?.version ?? 0) + 1,
    )
  })

  it('C1: writes compete within their document, at what their author had seen of it', () => {
    const bench = open()
    const saw = bench.allHeads
    bench.put('ada', { diagnosis: 'flu' }, { ...ALL, saw })
    const late = bench.put('bob', { diagnosis: 'cold', name: 'Bob' }, { ...ALL, saw })
    expect(bench.outcomeOf(late, 'diagnosis')).toBe('held')
    expect(bench.outcomeOf(late, 'name')).toBe('applied')
    expect(bench.view.disputed).toHaveProperty('diagnosis')
    // The conflict is told of where its fields are.
    expect(wireOf(bench, '')).not.toMatch(/flu|cold/)
    expect(Object.keys(bench.doc(DOCTOR)._conflicts as object)).toHaveLength(1)
    const outcome = bench.resolve('eve', 'diagnosis', { value: 'measles' })
    expect(outcome.ok).toBe(true)
    expect(bench.view.fields.diagnosis).toBe('measles')
    expect(wireOf(bench, '')).not.toMatch(/measles/)
    bench.checkReplay()
  })

  it('who names a version that tells nothing of a document has seen nothing of it, so he overwrites nobody', () => {
    const bench = open()
    const late = bench.put('bob', { diagnosis: 'cold' }, { ...ALL, saw: bench.heads })
    expect(bench.outcomeOf(late, 'diagnosis')).toBe('held')
    const unknown = bench.put('bob', { diagnosis: 'cold' }, { ...ALL, saw: ['0'.repeat(64)] })
    expect(bench.outcomeOf(unknown, 'diagnosis')).toBe('unknown_version')
    bench.checkReplay()
  })

  it('M5: a strict write is stale if a document has moved on that it knows or writes to, and no other', () => {
    const bench = open()
    const seen = bench.heads
    bench.put('ada', { diagnosis: 'flu' }, ALL)
    const other = bench.put('bob', { name: 'Bob' }, { ...ALL, saw: seen, strict: true })
    expect(bench.outcomeOf(other, 'name')).toBe('applied')
    const all = bench.allHeads
    bench.put('ada', { diagnosis: 'cold' }, ALL)
    const refused = bench.put('bob', { name: 'Ben' }, { ...ALL, saw: all, strict: true })
    expect(bench.outcomeOf(refused, 'name')).toBe('stale_version')
    const hidden = bench.put('bob', { diagnosis: 'x' }, { ...ALL, saw: bench.heads, strict: true })
    if (hidden.ok) throw new Error('it was not refused')
    expect(decodeVersion(String(hidden.error.details.expected))?.heads).toHaveLength(2)
    bench.checkReplay()
  })

  it('a raw change belongs to one document: a field of another is refused, and so is a delete', () => {
    const bench = open()
    const main = edit(bench.replica('a'), (root) => {
      root.diagnosis = str('in the open')
    })
    expect(bench.push('ada', main, '', ['*'])).toMatchObject({
      refused: [{ reason: expect.stringContaining('diagnosis: this field is in another document') }],
    })
    const secret = edit(bench.replica('b', DOCTOR), (root) => {
      root.name = str('Eve')
    })
    expect(bench.push('ada', secret, DOCTOR, ['*'])).toMatchObject({
      refused: [{ reason: expect.stringContaining('name: this field is in another document') }],
    })
    const deleting = edit(bench.replica('c', DOCTOR), (root) => {
      root._deleted = true
    })
    expect(bench.push('ada', deleting, DOCTOR, ['*'])).toMatchObject({
      refused: [{ reason: expect.stringContaining('deleted in its main document') }],
    })
    const good = edit(bench.replica('d', DOCTOR), (root) => {
      root.diagnosis = str('flu')
    })
    expect(bench.push('ada', good, DOCTOR, ['*'])).toMatchObject({ refused: [] })
    expect(bench.view.fields).toMatchObject({ name: 'Ada', diagnosis: 'flu' })
    expect(wireOf(bench, '')).not.toMatch(/in the open|flu/)
    bench.checkReplay()
  })

  it('M6: rules are given the whole record, whichever document is written', () => {
    const bench = open({
      lockedWhen: (record) => record.diagnosis === 'closed',
      check: (record) => record.name !== record.diagnosis,
    })
    const same = bench.put('ada', { name: 'secret one' }, ALL)
    expect(bench.outcomeOf(same, 'name')).toBe('check_failed')
    const raw = edit(bench.replica('a', DOCTOR), (root) => {
      root.diagnosis = str('Ada')
    })
    expect(bench.push('ada', raw, DOCTOR, ['*'])).toMatchObject({
      refused: [],
      fields: { diagnosis: { outcome: 'rejected', code: 'check_failed' } },
    })
    expect(bench.view.fields.diagnosis).toBe('secret one')
    bench.put('ada', { diagnosis: 'closed' }, ALL)
    expect(bench.outcomeOf(bench.put('ada', { name: 'Eve' }, ALL), 'name')).toBe('locked')
    bench.checkReplay()
  })

  it('deletes live in the main document, and the others follow; created again, it starts empty in all', () => {
    const bench = open()
    bench.remove('ada', ALL)
    expect(bench.view.deleted).toBe(true)
    expect(bench.doc(DOCTOR)._deleted).toBe(true)
    bench.checkReplay()
    bench.put('ada', { name: 'Again' }, { ...ALL, intent: 'create' })
    expect(bench.view).toMatchObject({
      deleted: false,
      fields: { name: 'Again', diagnosis: null, score: 0, pay: null },
    })
    expect(bench.doc(DOCTOR)._deleted).toBe(false)
    bench.checkReplay()
  })

  it('M4: a delete does not hide updates of another document, and no update there brings a record back', () => {
    const bench = open({ deletes: 'hold' })
    const saw = bench.allHeads
    const blind = bench.heads
    bench.put('ada', { diagnosis: 'flu' }, ALL)
    const late = bench.remove('bob', { ...ALL, saw })
    expect(bench.outcomeOf(late, '_deleted')).toBe('stale_version')
    expect(bench.view.deleted).toBe(false)
    // Who could not have seen it deletes what he knows.
    expect(bench.remove('bob', { ...ALL, saw: blind }).ok).toBe(true)
    expect(bench.view.deleted).toBe(true)
    const update = bench.put('ada', { diagnosis: 'cold' }, { ...ALL, saw })
    expect(bench.outcomeOf(update, 'diagnosis')).toBe('not_found')
    expect(bench.outcomeOf(bench.put('ada', { name: 'Eve' }, { ...ALL, saw }), 'name')).toBe('held')
    bench.checkReplay()
  })

  it('C10: each lost edit has an event of its own, also when commits leave the main document alone', () => {
    const bench = open()
    const saw = bench.allHeads
    const lost = ['one', 'two', 'three'].map((_, index) => {
      const origin = bench.origin('bob', ALL)
      const ops = [{ type: 'set', field: 'pay', value: index } as const]
      const { plan } = bench.run({
        type: 'write',
        intent: 'update',
        ops,
        saw,
        strict: false,
        origin,
        keep: null,
      })
      return plan?.outbox.filter(({ event }) => event === 'edit.lost').map(({ id }) => id) ?? []
    })
    expect(lost.flat().length).toBeGreaterThan(1)
    expect(new Set(lost.flat()).size).toBe(lost.flat().length)
    bench.checkReplay()
  })

  it('an entry is refused where it was asked for, and a replay tells the same log across documents', () => {
    const bench = open()
    bench.run(
      {
        type: 'write',
        intent: 'update',
        saw: null,
        strict: false,
        keep: null,
        origin: bench.origin('ada', ALL),
        ops: [{ type: 'set', field: 'diagnosis', value: 'flu' }],
      },
      {
        type: 'upload',
        op: 'PATCH',
        ops: [{ type: 'set', field: 'diagnosis', value: 7 }],
        before: {},
        rejected: [],
        saw: null,
        keep: null,
        origin: bench.origin('bob', ALL),
      },
      {
        type: 'write',
        intent: 'update',
        saw: null,
        strict: false,
        keep: null,
        origin: bench.origin('ada', ALL),
        ops: [{ type: 'set', field: 'name', value: 'Eve' }],
      },
    )
    expect(bench.told.slice(-3)).toEqual([
      'diagnosis applied ada "flu"',
      'diagnosis rejected bob 7',
      'name applied ada "Eve"',
    ])
    expect(bench.lines.at(-2)?.oldValue).toBe('flu')
    bench.checkReplay()
  })
})

describe('A7: when the rules of a record change', () => {
  const before = collection({ ...fields, diagnosis: s.string(), score: s.counter() })
  const rekeyed = (bench: PolicyBench, declared: Parameters<typeof collectionSpec>[0]): PolicyBench => {
    const spec = collectionSpec(declared)
    const { state } = bench
    const { genesis } = emptyRecordState(state.key, spec)
    bench.state = { ...state, collection: spec, genesis }
    return bench
  }

  it('a field stays in the document in which it was written, and is neither doubled nor lost', () => {
    const bench = new PolicyBench(before)
    bench.put('ada', { name: 'Ada', diagnosis: 'known to all', score: 2, pay: 1 }, ALL)
    rekeyed(bench, collection(fields))
    bench.put('ada', { diagnosis: 'still there', name: 'Eve' }, ALL)
    bench.increment('ada', 'score', 3, ALL)
    expect(bench.view.fields).toEqual({ name: 'Eve', diagnosis: 'still there', score: 5, pay: 1 })
    expect(wireOf(bench, '')).toMatch(/still there/)
    expect(bench.view.compartments?.find(({ compartment }) => compartment === DOCTOR)?.fields ?? []).toEqual(
      [],
    )
  })

  it('one that was not written yet is put where its new rule says', () => {
    const bench = new PolicyBench(before)
    bench.put('ada', { name: 'Ada' }, ALL)
    rekeyed(bench, collection(fields))
    bench.put('ada', { diagnosis: 'secret' }, ALL)
    expect(wireOf(bench, '')).not.toMatch(/secret/)
    expect(wireOf(bench, DOCTOR)).toMatch(/secret/)
  })

  it('a rule that is taken away leaves the field where it is', () => {
    const bench = new PolicyBench(collection(fields))
    bench.put('ada', { name: 'Ada', diagnosis: 'secret', score: 2 }, ALL)
    rekeyed(bench, before)
    bench.put('ada', { diagnosis: 'in the open' }, ALL)
    bench.increment('ada', 'score', 3, ALL)
    expect(bench.view.fields).toMatchObject({ diagnosis: 'in the open', score: 5 })
    expect(wireOf(bench, '')).not.toMatch(/in the open/)
  })
})
