// W7 for those who write what others, or they themselves, have left behind: at the point that they saw, whatever that takes.
import * as Automerge from '@automerge/automerge'
import { s } from 'sluice'
import { expect, test } from 'vitest'
import { RecordBench } from '../../support/record-bench.ts'

/** Two fields, of which bob writes one so often after ada has looked; then she writes both. */
function behind(changes: number) {
  const bench = new RecordBench({ name: s.string(), note: s.string() })
  bench.set('ada', 'name', 'first')
  const saw = bench.state.doc.heads
  for (let n = 1; n <= changes; n++) bench.set('bob', 'name', `bob ${n}`)
  const isAwake = bench.state.doc.isAwake
  bench.set('ada', 'note', 'noted', saw)
  bench.set('ada', 'name', 'late', saw)
  const written = bench.journal
    .filter(({ origin, kind }) => kind === 'change' && origin.subject === 'ada')
    .slice(-2)
    .map(({ bytes }) => Automerge.decodeChange(bytes))
  return { bench, saw, isAwake, written }
}

test('W7: a write beside others is made at the point that its author saw, and takes away what he saw', () => {
  for (const changes of [1, 99, 150]) {
    const { bench, saw, written } = behind(changes)
    expect(written.map(({ deps }) => deps)).toEqual([saw, saw])
    const [first] = bench.journal.filter(({ kind }) => kind === 'change')
    const { actor, startOp } = Automerge.decodeChange(first?.bytes ?? new Uint8Array())
    expect(written.map(({ ops }) => ops.map(({ pred }) => pred))).toEqual([[[]], [[`${startOp}@${actor}`]]])
    expect(Automerge.load<Record<string, unknown>>(bench.state.doc.save()).note).toMatchObject({
      val: 'noted',
    })
  }
})

test('W7: beside a few others it takes no copy of the history, beside very many it does', () => {
  const few = behind(50)
  expect([few.isAwake, few.bench.state.doc.isAwake]).toEqual([false, false])
  const many = behind(150)
  expect([many.isAwake, many.bench.state.doc.isAwake]).toEqual([false, true])
})

test('W7: who writes again and again without having looked has another actor each time, and his first again once he has', () => {
  const bench = new RecordBench({ name: s.string() })
  bench.set('ada', 'name', 'first')
  const saw = bench.state.doc.heads
  for (let n = 1; n <= 40; n++)
    bench.set('ada', 'name', `blind ${n}`, n === 1 ? saw : bench.state.genesis.known(bench.state.graph))
  bench.set('ada', 'name', 'seen')
  const actors = bench.journal
    .filter(({ kind }) => kind === 'change')
    .map(({ bytes }) => Automerge.decodeChange(bytes).actor)
  const [first] = actors
  expect(actors).toHaveLength(42)
  expect([actors[1], actors.at(-1)]).toEqual([first, first])
  expect(new Set(actors).size).toBe(40)
})
