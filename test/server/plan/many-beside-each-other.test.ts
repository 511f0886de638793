// Very many who write to one record and have not seen each other: what a document says of them stays small.
import * as Automerge from '@automerge/automerge'
import { s } from 'sluice'
import { describe, expect, test } from 'vitest'
import { edit, originOf, RecordBench, str } from '../../support/record-bench.ts'

const fields = { name: s.string(), dose: s.string().critical(), stock: s.counter(), tags: s.set(s.string()) }

const bench = (): RecordBench => {
  const record = new RecordBench(fields)
  record.set('admin', 'dose', '5 mg')
  return record
}

/** Each under an actor of its own, from what the record is now. */
function changesOf(
  record: RecordBench,
  count: number,
  write: (root: Record<string, unknown>, n: number) => void,
): Uint8Array[] {
  const base = record.document('').doc.save()
  return Array.from({ length: count }, (_, n) => {
    const replica = Automerge.load<Record<string, unknown>>(base, { actor: n.toString(16).padStart(32, '0') })
    const change = Automerge.getLastLocalChange(edit(replica, (root) => write(root, n)))
    if (change === undefined) throw new Error('nothing was written')
    return change
  })
}

const send = (record: RecordBench, changes: readonly Uint8Array[], subject: string) =>
  record.run({
    type: 'changes',
    compartment: '',
    changes,
    mayCreate: false,
    origin: { ...originOf(subject), door: 'automerge' },
  })

describe('C4: a settling change', () => {
  test('C4: joins what stands beside each other when it has become much, whether it comes alone or at once', () => {
    const record = bench()
    const changes = changesOf(record, 250, (root, n) => {
      Object.assign(root.tags as object, { [`t${n}`]: true })
      ;(root.stock as Automerge.Counter).increment(1)
    })
    for (const [at, change] of changes.slice(0, 130).entries()) {
      send(record, [change], `u${at}`)
      expect(record.heads.length).toBeLessThanOrEqual(100)
    }
    send(record, changes.slice(130), 'crowd')
    expect(record.heads).toHaveLength(1)
    expect(record.view.fields.stock).toBe(250)
    expect(record.view.fields.tags).toHaveLength(250)
    const kinds = record.journal.map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'settle')).toHaveLength(2)
    // Whoever has all of it shows the same, and goes on from there.
    const replica = edit(record.replica('c'), (root) => (root.stock as Automerge.Counter).increment(1))
    expect(record.push('cleo', replica)).toMatchObject({ ok: true })
    expect(record.heads).toEqual(Automerge.getHeads(replica))
    const replayed = record.replay()
    expect(replayed.doc.heads).toEqual(record.heads)
    expect(Automerge.toJS(Automerge.load(replayed.doc.save()))).toEqual(Automerge.toJS(record.doc()))
  })
})

describe('C8: `_conflicts`', () => {
  const told = (record: RecordBench) =>
    Object.values(record.doc()._conflicts as object).map((text) => JSON.parse(String(text)))

  test('C8: tells the newest ten challengers and how many there are, so a further one costs no more than those before', () => {
    const record = bench()
    const changes = changesOf(record, 60, (root, n) => {
      root.dose = str(`${n} ml`)
    })
    const bytes = changes.map((change, n) => {
      const { plan } = send(record, [change], `u${n}`)
      return (plan?.journal ?? []).reduce((sum, entry) => sum + entry.bytes.length, 0)
    })
    expect(record.conflict('dose')?.challengers).toHaveLength(59)
    const [conflict] = told(record)
    expect(conflict).toMatchObject({ challengersInAll: 59, incumbent: { value: '0 ml' } })
    expect(conflict.challengers.map(({ value }: { value: string }) => value)).toEqual(
      Array.from({ length: 10 }, (_, n) => `${n + 50} ml`),
    )
    expect(bytes.at(-1)).toBeLessThan(1.5 * (bytes[20] ?? 0))
  })

  test('C8: leaves out what is long, which the inbox has', () => {
    const record = bench()
    const long = 'x'.repeat(50_000)
    const [one, other] = changesOf(record, 2, (root, n) => {
      root.dose = str(n === 0 ? 'short' : long)
    })
    send(record, [one ?? new Uint8Array()], 'ann')
    const { plan } = send(record, [other ?? new Uint8Array()], 'bob')
    const [conflict] = told(record)
    expect(conflict).toMatchObject({ base: '5 mg', inForce: 'short', incumbent: { value: 'short' } })
    expect(conflict.challengers).toMatchObject([{ author: 'bob', operation: 'set' }])
    expect(conflict.challengers[0]).not.toHaveProperty('value')
    expect(record.conflict('dose')?.challengers).toMatchObject([{ value: long }])
    const settling = plan?.journal.find(({ kind }) => kind === 'settle')
    expect(settling?.bytes.length).toBeLessThan(2_000)
  })
})
