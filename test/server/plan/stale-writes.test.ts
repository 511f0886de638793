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
  const few = behind(150)
  expect([few.isAwake, few.bench.state.doc.isAwake]).toEqual([false, false])
  const many = behind(1100)
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

test('W7: who brings much that builds on his own last write takes no copy of the history either, and stays where he was', () => {
  const { bench, saw } = behind(150)
  const brought: string[][] = []
  let own: readonly string[] = saw
  for (let n = 1; n <= 5; n++) {
    const outcome = bench.set('cyd', 'note', `offline ${n}`, own)
    own = outcome.ok ? outcome.wrote : expect.fail()
    brought.push([...own])
  }
  const written = bench.journal
    .filter(({ origin }) => origin.subject === 'cyd')
    .map(({ bytes }) => Automerge.decodeChange(bytes))
  expect(written.map(({ deps }) => deps)).toEqual([saw, ...brought.slice(0, -1)])
  expect(new Set(written.map(({ actor }) => actor)).size).toBe(1)
  expect(bench.state.doc.isAwake).toBe(false)
})

test('W7: who has written at very many points without looking goes on from what he wrote as blindly, and has seen nothing else', () => {
  const bench = new RecordBench({ name: s.string(), due: s.string().critical() })
  bench.set('ada', 'name', 'first')
  const saw = bench.state.doc.heads
  bench.set('bob', 'due', 'tomorrow')
  for (let n = 1; n <= 200; n++) bench.set('ada', 'name', `blind ${n}`, n % 2 === 0 ? saw : [])
  const actors = bench.journal
    .filter(({ kind, origin }) => kind === 'change' && origin.subject === 'ada')
    .map(({ bytes }) => Automerge.decodeChange(bytes).actor)
  expect(new Set(actors).size).toBe(64)
  expect(bench.state.doc.heads.length).toBeLessThan(64)
  expect(bench.set('ada', 'due', 'today', saw)).toMatchObject({
    ok: true,
    fields: { due: { outcome: 'held' } },
  })
  expect(bench.view.fields).toMatchObject({ name: 'blind 200', due: 'tomorrow' })
})

test("W7: what one of an author's clients has seen, another that writes blindly has not, however many writes there are", () => {
  const bench = new RecordBench({ name: s.string(), due: s.string().critical() })
  bench.set('ada', 'name', 'first')
  const saw = bench.state.doc.heads
  bench.set('bob', 'due', 'tomorrow')
  for (let n = 1; n <= 80; n++) bench.set('ada', 'name', `blind ${n}`, saw)
  // With all that there is before her eyes, bob's date included; then from where she has not seen it.
  bench.set('ada', 'name', 'seen')
  for (let n = 1; n <= 5; n++) bench.set('ada', 'name', `blind again ${n}`, saw)
  expect(bench.set('ada', 'due', 'today', saw)).toMatchObject({
    ok: true,
    fields: { due: { outcome: 'held' } },
  })
  expect(bench.view.fields.due).toBe('tomorrow')
  const actors = bench.journal
    .filter(({ kind, origin }) => kind === 'change' && origin.subject === 'ada')
    .map(({ bytes }) => Automerge.decodeChange(bytes).actor)
  expect(new Set(actors).size).toBeLessThanOrEqual(66)
})
