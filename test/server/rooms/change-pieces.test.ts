// W6: the changes of one message in pieces that each hold the planner for a short time.
import * as Automerge from '@automerge/automerge'
import { expect, it } from 'vitest'
import { defaultAutomergeLimits } from '../../../server/gate/automerge-limits.ts'
import { changePieces } from '../../../server/rooms/change-pieces.ts'

type Doc = Automerge.Doc<Record<string, unknown>>

const pieces = (changes: readonly Uint8Array[]) =>
  changePieces(changes, defaultAutomergeLimits, async () => undefined)

function changesOf(
  count: number,
  edit: (root: Record<string, unknown>, index: number) => void,
): Uint8Array[] {
  let doc: Doc = Automerge.init()
  for (let index = 0; index < count; index++) doc = Automerge.change(doc, (root) => edit(root, index))
  return Automerge.getAllChanges(doc)
}

const small = changesOf(100, (root, index) => {
  root.n = index
})

it('W6: a single small change is one piece, and tried nowhere', async () => {
  expect(await pieces(small.slice(0, 1))).toEqual([{ changes: small.slice(0, 1), isHeavy: false }])
})

it('W6: many small ones are several pieces, in whatever order they came, each after what it builds on', async () => {
  for (const arrived of [small, [...small].reverse()]) {
    const cut = await pieces(arrived)
    expect(cut.length).toBeGreaterThan(5)
    expect(cut.every(({ isHeavy }) => !isHeavy)).toBe(true)
    expect(cut.flatMap(({ changes }) => changes)).toEqual(small)
  }
})

it('W6: a change of many operations in few bytes is tried by itself', async () => {
  const [large] = changesOf(1, (root) => {
    root.list = Array.from({ length: 5_000 }, () => 1)
  }) as [Uint8Array]
  expect(large.byteLength).toBeLessThan(8 * 1024)
  expect((await pieces([...small.slice(0, 2), large])).map(({ isHeavy }) => isHeavy)).toEqual([false, true])
})

it('W6: bytes that are no change come through, for the gate to refuse', async () => {
  const garbage = new Uint8Array([1, 2, 3])
  expect((await pieces([garbage, ...small.slice(0, 1)])).flatMap(({ changes }) => changes)).toContain(garbage)
})
