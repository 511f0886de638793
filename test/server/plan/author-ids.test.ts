// R4 and R5 on the planner: whose actor id it is, and clients whose schema is ahead of the server's.
import * as Automerge from '@automerge/automerge'
import { s } from 'sluice'
import { describe, expect, it } from 'vitest'
import { genesisOf } from '../../../shared/record/genesis.ts'
import { serverActor } from '../../../shared/record/server-actor.ts'
import { collectionSpec, edit, RecordBench, str } from '../../support/record-bench.ts'

const fields = { name: s.string(), stock: s.counter() }

function bench(): RecordBench {
  const record = new RecordBench(fields)
  record.set('admin', 'name', 'start')
  return record
}

const named = (name: string) => (root: Record<string, unknown>) => {
  root.name = str(name)
}

describe('R5: actor ids', () => {
  it('R5: another subject may not write under an actor id that was seen before, and hears why', () => {
    const record = bench()
    const ann = edit(record.replica('a'), named('by Ann'))
    record.push('ann', ann)
    const mallory = edit(Automerge.clone(ann, { actor: 'a'.repeat(32) }), named('by Mallory'))
    expect(record.push('mallory', mallory)).toMatchObject({
      ok: true,
      refused: [{ reason: expect.stringContaining('belongs to another author') }],
    })
    expect(record.view.fields.name).toBe('by Ann')
    expect(record.push('ann', edit(ann, named('Ann again')))).toMatchObject({ ok: true, refused: [] })
    expect(record.view.fields.name).toBe('Ann again')
  })

  it('R5: a refused change takes down what builds on it, and nothing else', () => {
    const record = bench()
    record.push('ann', edit(record.replica('a'), named('by Ann')))
    const forged = edit(record.replica('a'), named('forged'))
    const built = edit(Automerge.clone(forged, { actor: 'b'.repeat(32) }), named('built on it'))
    const honest = edit(record.replica('c'), (root) => (root.stock as Automerge.Counter).increment(1))
    const both = Automerge.merge(Automerge.clone(built), honest)
    expect(record.push('mallory', both)).toMatchObject({
      ok: true,
      refused: [{}, {}],
      fields: { stock: { outcome: 'applied' } },
    })
    expect(record.view.fields).toMatchObject({ name: 'by Ann', stock: 1 })
  })

  it.each([
    ['the settling actor', 'settle'],
    ['a semantic author', JSON.stringify(['author', 'ann', null, 0])],
    ['the genesis of a field that is not declared yet', 'genesis/counter/votes'],
  ])('R5: no client writes under %s', (_name, purpose) => {
    const record = bench()
    const forged = edit(
      Automerge.clone(record.replica('a'), { actor: serverActor(purpose) }),
      named('forged'),
    )
    expect(record.push('mallory', forged)).toMatchObject({
      ok: true,
      refused: [{ reason: expect.stringContaining('belongs to the server') }],
    })
    expect(record.set('ann', 'name', 'still works')).toMatchObject({ ok: true })
  })
})

describe('R4: a client whose schema is ahead', () => {
  it('R4: its new container is kept, and is there when the server learns the field', () => {
    const record = bench()
    const ahead = collectionSpec({ ...fields, votes: s.counter() })
    const news = genesisOf(record.state.key, ahead).filter(({ field }) => field === 'votes')
    const [withVotes] = Automerge.applyChanges(
      record.replica('a'),
      news.map(({ bytes }) => bytes),
    )
    const ann = edit(withVotes, (root) => {
      ;(root.votes as Automerge.Counter).increment(2)
      root.name = str('kept')
    })
    expect(record.push('ann', ann)).toMatchObject({
      ok: true,
      refused: [],
      fields: { name: { outcome: 'applied' }, votes: { reason: expect.stringContaining('unknown field') } },
    })
    expect(record.view.fields).toEqual({ name: 'kept', stock: 0 })
    expect((record.doc().votes as Automerge.Counter).value).toBe(2)
  })
})
