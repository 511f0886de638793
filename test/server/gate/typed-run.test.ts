// W6: what a session has typed is joined before the gate sees it. Joined, it does what it did one by one.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { TypedRun } from '../../../server/gate/typed-run.ts'
import { vetUpdate } from '../../../server/gate/yjs-gate.ts'
import { defaultYjsLimits } from '../../../server/gate/yjs-limits.ts'
import { collectGarbage } from '../../support/collect-garbage.ts'

const ANN = 5_000_000_001
const BOB = 7

/** What a person's keys send: one update for each. */
type Key =
  | { readonly type: 'insert'; readonly at: number; readonly text: string }
  | { readonly type: 'erase'; readonly at: number; readonly count: number }

const keys = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('type' as const), text: texts() }) },
    fc.record({ type: fc.constant('insert' as const), at: fc.nat(40), text: texts() }),
    fc.record({ type: fc.constant('erase' as const), at: fc.nat(40), count: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ type: fc.constant('backspace' as const) }),
  ),
  { maxLength: 40 },
)

function texts(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom('a', 'é', '語', '🙂', 'word'),
    fc.string({ unit: 'grapheme', minLength: 1 }),
  )
}

/** @returns the updates of a person who presses these keys in a text that Bob has begun. */
function pressed(base: Uint8Array, presses: typeof keys extends fc.Arbitrary<infer T> ? T : never) {
  const doc = new Y.Doc()
  doc.clientID = ANN
  Y.applyUpdate(doc, base)
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => void updates.push(update))
  const text = doc.getText('body')
  let cursor = text.length
  for (const press of presses) {
    const key: Key =
      press.type === 'type'
        ? { type: 'insert', at: cursor, text: press.text }
        : press.type === 'backspace'
          ? { type: 'erase', at: cursor - 1, count: 1 }
          : press
    const at = Math.max(0, Math.min(key.at, text.length))
    if (key.type === 'insert') {
      text.insert(at, key.text)
      cursor = at + key.text.length
    } else {
      const count = Math.min(key.count, text.length - at)
      if (count > 0) text.delete(at, count)
      cursor = at
    }
  }
  return { doc, updates }
}

function begun(): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = BOB
  doc.getText('body').insert(0, 'Bob was here 🙂')
  return Y.encodeStateAsUpdate(doc)
}

function runsOf(updates: readonly Uint8Array[]): { joined: Uint8Array; count: number }[] {
  const runs: TypedRun[] = []
  for (const update of updates) {
    if (runs.at(-1)?.add(update) === true) continue
    const run = new TypedRun()
    if (!run.add(update)) expect.fail('an update of the simplest form was not taken')
    runs.push(run)
  }
  return runs.map((run) => ({ joined: run.joined(), count: run.count }))
}

function docOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

const isPlain = (update: Uint8Array): boolean => new TypedRun().add(update)

describe('TypedRun', () => {
  it('W6: joined updates pass the gate and make the document that they make one by one', () => {
    const base = begun()
    fc.assert(
      fc.property(keys, (presses) => {
        const { doc, updates } = pressed(base, presses)
        const plain = updates.filter(isPlain)
        // Whoever erases across his own and others' letters names two clients: such an update stays by itself.
        fc.pre(plain.length === updates.length)
        const server = docOf([base])
        for (const { joined } of runsOf(updates)) {
          const verdict = vetUpdate(server, joined, {
            roots: new Set(['body']),
            mayWriteAs: (client) => client === ANN,
            limits: defaultYjsLimits,
          })
          expect(verdict).toMatchObject({ ok: true })
          Y.applyUpdate(server, joined)
        }
        expect(server.getText('body').toString()).toBe(doc.getText('body').toString())
        expect(Y.encodeStateAsUpdate(server)).toEqual(Y.encodeStateAsUpdate(docOf([base, ...updates])))
      }),
      { numRuns: 300 },
    )
  })

  it('letters that are typed one after the other become one struct', () => {
    const { updates } = pressed(
      begun(),
      [...'hello world'].map((text) => ({ type: 'type' as const, text })),
    )
    const [run, ...others] = runsOf(updates)
    expect(others).toEqual([])
    expect(run?.count).toBe(11)
    expect(Y.decodeUpdate(run?.joined ?? expect.fail()).structs).toHaveLength(1)
  })

  it('what is cut short, or of another form, is left alone', () => {
    const { updates } = pressed(begun(), [{ type: 'type', text: 'x' }, { type: 'backspace' }])
    for (const update of updates) {
      expect(isPlain(update)).toBe(true)
      for (let length = 0; length < update.byteLength; length++)
        expect(isPlain(update.subarray(0, length))).toBe(false)
      expect(isPlain(Uint8Array.of(...update, 0))).toBe(false)
    }
    const rich = new Y.Doc()
    rich.getText('body').insert(0, 'bold', { bold: true })
    expect(isPlain(Y.encodeStateAsUpdate(rich))).toBe(false)
  })

  it('W6: half of a character is left alone, so that no two halves become one', () => {
    const { updates } = pressed(begun(), [{ type: 'type', text: 'é' }])
    const [update] = updates
    if (update === undefined) expect.fail()
    const at = update.indexOf(0xc3)
    const rest = Uint8Array.of(...update.slice(0, at - 1), 1, ...update.slice(at + 1))
    expect(isPlain(update)).toBe(true)
    expect(isPlain(rest)).toBe(false)
  })

  it('of two clients, or with a hole between, it takes only the first', () => {
    const first = pressed(begun(), [{ type: 'type', text: 'x' }]).updates[0] ?? expect.fail()
    const bob = new Y.Doc()
    bob.clientID = BOB + 1
    bob.getText('body').insert(0, 'y')
    const third = pressed(
      begun(),
      [...'xyz'].map((text) => ({ type: 'type' as const, text })),
    ).updates[2]
    for (const other of [Y.encodeStateAsUpdate(bob), third ?? expect.fail()]) {
      const run = new TypedRun()
      expect([run.add(first), run.add(other), run.count]).toEqual([true, false, 1])
      expect(run.joined()).toBe(first)
    }
  })

  it('keeps nothing of the updates but the first of a stretch: its author may go on for hours', async () => {
    const keys = [...'hello world'].map((text) => ({ type: 'type' as const, text }))
    const run = new TypedRun()
    const kept = pressed(begun(), keys).updates.map((update) => {
      const own = Uint8Array.from(update)
      if (!run.add(own)) expect.fail()
      return new WeakRef(own)
    })
    await collectGarbage()
    expect(kept.map((ref) => ref.deref() !== undefined)).toEqual([true, ...kept.slice(1).map(() => false)])
    expect(Y.decodeUpdate(run.joined()).structs).toHaveLength(1)
  })
})
