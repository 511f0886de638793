// W2, C3: a draft's document shows at every moment what it would show had each change been applied at once.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toJson } from '../../../server/plan/automerge-values.ts'
import { DraftDocument } from '../../../server/plan/draft-document.ts'

type Doc = Automerge.Doc<Record<string, unknown>>

const KEYS = ['price', 'stock', 'title', 'tags', '_deleted', 'missing']

const start = (): Doc =>
  Automerge.from<Record<string, unknown>>({
    price: 1,
    stock: new Automerge.Counter(5),
    title: 'text',
    tags: { a: true },
  })

/** What one of two replicas does. The second resets the counter beside the increments of the first. */
const edit = fc.record({
  replica: fc.nat(1),
  kind: fc.constantFrom('set', 'increment', 'reset', 'type', 'tag', 'delete', 'merge'),
  amount: fc.integer({ min: -3, max: 3 }),
  /** Keys that somebody looks at after the change. */
  looks: fc.subarray(KEYS),
})

type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never

function write(root: Record<string, unknown>, { kind, amount }: Edit): void {
  const { stock, tags } = root
  if (kind === 'set') root.price = amount
  else if (kind === 'increment' && stock instanceof Automerge.Counter) stock.increment(amount)
  else if (kind === 'reset') root.stock = new Automerge.Counter(amount)
  else if (kind === 'type') Automerge.splice(root as Doc, ['title'], 0, 0, 'x')
  else if (kind === 'tag') (tags as Record<string, unknown>)[`k${amount}`] = true
  else if (kind === 'delete') root._deleted = amount > 0
}

describe('the document of a draft', () => {
  it('W2: shows what waits to be applied, and leaves the document that it came from as it was', () => {
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 25 }), (edits) => {
        const origin = start()
        const before = { heads: Automerge.getHeads(origin), shown: toJson(origin) }
        const draft = new DraftDocument(origin)
        let applied = Automerge.clone(origin)
        const replicas = [Automerge.clone(origin), Automerge.clone(origin)]
        for (const one of edits) {
          const old = replicas[one.replica] as Doc
          if (one.kind === 'merge') {
            replicas[one.replica] = Automerge.merge(old, replicas[1 - one.replica] as Doc)
            continue
          }
          const heads = Automerge.getHeads(old).join()
          const next = Automerge.change(old, (root) => write(root, one))
          replicas[one.replica] = next
          const bytes = Automerge.getLastLocalChange(next)
          if (bytes === undefined || Automerge.getHeads(next).join() === heads) continue
          draft.apply(bytes, Automerge.decodeChange(bytes))
          ;[applied] = Automerge.applyChanges(applied, [bytes])
          expect(draft.heads).toEqual(Automerge.getHeads(applied))
          for (const key of one.looks) expect(toJson(draft.valueAt(key))).toEqual(toJson(applied[key]))
        }
        expect(toJson(draft.finish())).toEqual(toJson(applied))
        expect({ heads: Automerge.getHeads(origin), shown: toJson(origin) }).toEqual(before)
        draft.discard()
      }),
      { numRuns: 80 },
    )
  })

  it('C1: an increment of a counter that was reset meanwhile is not counted', () => {
    const origin = start()
    const draft = new DraftDocument(origin)
    const replicas = [Automerge.clone(origin), Automerge.clone(origin)]
    const shown: unknown[] = []
    const edits: readonly Pick<Edit, 'replica' | 'kind' | 'amount'>[] = [
      { replica: 1, kind: 'reset', amount: 100 },
      { replica: 1, kind: 'increment', amount: 1 },
      { replica: 1, kind: 'increment', amount: 1 },
      { replica: 0, kind: 'increment', amount: 7 },
      { replica: 1, kind: 'increment', amount: 1 },
    ]
    for (const one of edits) {
      const next = Automerge.change(replicas[one.replica] as Doc, (root) =>
        write(root, { ...one, looks: [] }),
      )
      replicas[one.replica] = next
      const bytes = Automerge.getLastLocalChange(next)
      if (bytes === undefined) throw new Error('no change')
      draft.apply(bytes, Automerge.decodeChange(bytes))
      shown.push(toJson(draft.valueAt('stock')))
    }
    expect(shown).toEqual([100, 101, 102, 102, 103])
  })

  it('W6: a change is found before it is applied', () => {
    const draft = new DraftDocument(start())
    const bytes = Automerge.getLastLocalChange(Automerge.change(start(), (root) => write(root, SET)))
    if (bytes === undefined) throw new Error('no change')
    const change = Automerge.decodeChange(bytes)
    expect(draft.change(change.hash)).toBeUndefined()
    draft.apply(bytes, change)
    expect(draft.change(change.hash)).toEqual(change)
  })
})

const SET: Edit = { replica: 0, kind: 'set', amount: 2, looks: [] }
