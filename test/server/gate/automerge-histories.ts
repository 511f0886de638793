// Histories that honest clients could have made: random edits of every kind by three replicas that fork, merge
// and write at earlier points of history.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'

type Doc = Automerge.Doc<Record<string, unknown>>
type Root = Record<string, unknown>

interface Edit {
  readonly kind: keyof typeof EDITS
  readonly key: string
  readonly number: number
  readonly text: string
  readonly index: number
}

const isText = (value: unknown): value is string => typeof value === 'string'
const blockAt = (text: string): number => text.indexOf('\ufffc')

const EDITS = {
  integer: (root: Root, { key, number }: Edit) => {
    root[key] = number
  },
  scalar: (root: Root, { key, index }: Edit) => {
    root[key] = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -0,
      1.5,
      null,
      true,
      new Date(index),
      new Automerge.Uint(7),
    ][index]
  },
  string: (root: Root, { key, text }: Edit) => {
    root[key] = new Automerge.ImmutableString(text)
  },
  bytes: (root: Root, { key, index }: Edit) => {
    root[key] = Uint8Array.of(index, 255)
  },
  remove: (root: Root, { key }: Edit) => {
    delete root[key]
  },
  counter: (root: Root, { key, index }: Edit) => {
    root[key] = new Automerge.Counter(index)
  },
  increment: (root: Root, { key, index }: Edit) => {
    const value = root[key]
    if (value instanceof Automerge.Counter) value.increment(index - 2)
  },
  object: (root: Root, { key, number, text }: Edit) => {
    root[key] = { x: number, y: [1, { z: text }] }
  },
  nested: (root: Root, { key, number }: Edit) => {
    const value = root[key]
    if (typeof value === 'object' && value !== null && 'x' in value) value.x = number
  },
  list: (root: Root, { key, number, text }: Edit) => {
    root[key] = [number, text, null, new Automerge.Counter(1)]
  },
  push: (root: Root, { key, number }: Edit) => {
    const value = root[key]
    if (Array.isArray(value)) value.push(number, { q: 1 })
  },
  replace: (root: Root, { key, number, index }: Edit) => {
    const value = root[key]
    if (Array.isArray(value) && index < value.length) value[index] = number
  },
  cut: (root: Root, { key, text, index }: Edit) => {
    const value = root[key]
    if (Array.isArray(value) && index < value.length) value.splice(index, 1, text)
  },
  count: (root: Root, { key }: Edit) => {
    const value = root[key]
    const counter = Array.isArray(value) ? value.find((item) => item instanceof Automerge.Counter) : undefined
    counter?.increment(2)
  },
  text: (root: Root, { key, text }: Edit) => {
    root[key] = text
  },
  splice: (root: Root, { key, text, index }: Edit) => {
    const value = root[key]
    if (isText(value))
      Automerge.splice(root, [key], Math.min(index, value.length), index < value.length ? 1 : 0, text)
  },
  retype: (root: Root, { key, text }: Edit) => {
    if (isText(root[key])) Automerge.updateText(root, [key], text)
  },
  block: (root: Root, { key, index }: Edit) => {
    const value = root[key]
    const block = { type: 'p', parents: ['x'], attrs: { index } }
    if (isText(value)) Automerge.splitBlock(root, [key], Math.min(index, value.length), block)
  },
  join: (root: Root, { key }: Edit) => {
    const value = root[key]
    if (isText(value) && blockAt(value) >= 0) Automerge.joinBlock(root, [key], blockAt(value))
  },
  reblock: (root: Root, { key }: Edit) => {
    const value = root[key]
    const block = { type: 'q', parents: [], attrs: {} }
    if (isText(value) && blockAt(value) >= 0) Automerge.updateBlock(root, [key], blockAt(value), block)
  },
  both: (root: Root, { key, number }: Edit) => {
    root[key] = null
    root[key] = number
  },
} as const

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom(...(Object.keys(EDITS) as (keyof typeof EDITS)[])),
  key: fc.constantFrom('a', 'b', 'c'),
  number: fc.integer(),
  text: fc.string({ unit: 'grapheme', maxLength: 8 }),
  index: fc.nat(7),
})

type Step =
  | { readonly type: 'change'; readonly replica: number; readonly edits: readonly Edit[] }
  | {
      readonly type: 'changeAt'
      readonly replica: number
      readonly back: number
      readonly edits: readonly Edit[]
    }
  | { readonly type: 'merge'; readonly replica: number; readonly from: number }

const replica = fc.nat(2)
const edits = fc.array(edit, { minLength: 1, maxLength: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('change' as const), replica, edits }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('merge' as const), replica, from: replica }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('changeAt' as const), replica, back: fc.nat(5), edits }),
  },
)

/** All changes of a random honest history, each after those that it builds on. */
export const honestHistory: fc.Arbitrary<readonly Uint8Array[]> = fc
  .array(step, { minLength: 8, maxLength: 30, size: 'max' })
  .map(play)

function play(steps: readonly Step[]): readonly Uint8Array[] {
  const docs: Doc[] = ['aa', 'bb', 'cc'].map((actor) => Automerge.init(actor.repeat(16)))
  const past: Automerge.Heads[][] = [[], [], []]
  for (const step of steps) {
    const doc = docs[step.replica]
    const seen = past[step.replica]
    if (doc === undefined || seen === undefined) continue
    const next = stepped(doc, step, seen, docs)
    docs[step.replica] = next
    if (Automerge.getHeads(next).length > 0) seen.push(Automerge.getHeads(next))
  }
  const all = docs
    .slice(1)
    .reduce((merged, doc) => Automerge.merge(merged, doc), Automerge.clone(docs[0] ?? Automerge.init()))
  return Automerge.getAllChanges(all)
}

function stepped(doc: Doc, step: Step, past: readonly Automerge.Heads[], docs: readonly Doc[]): Doc {
  const write = (edits: readonly Edit[]) => (root: Root) => {
    for (const edit of edits) EDITS[edit.kind](root, edit)
  }
  switch (step.type) {
    case 'change':
      return Automerge.change(doc, write(step.edits))
    case 'changeAt': {
      const heads = past[step.back % Math.max(1, past.length)]
      return heads === undefined ? doc : Automerge.changeAt(doc, heads, write(step.edits)).newDoc
    }
    case 'merge': {
      const from = docs[step.from]
      return from === undefined || from === doc ? doc : Automerge.merge(doc, Automerge.clone(from))
    }
  }
}
