/**
 * Mutants of honest updates: whatever passes the gate must leave a document that is whole and that every
 * replica reads alike. `FUZZ_CASES` sets their number.
 */
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { defaultYjsLimits, vetUpdate } from '../../../server/gate/yjs-gate.ts'
import { docOf, updatesOn, writeAll } from '../../fuzz/yjs-corpus.ts'
import { contentOf } from './document-content.ts'
import { ROOTS } from './honest-editing.ts'

const CASES = Number(process.env.FUZZ_CASES ?? 3_000)

/** mulberry32 */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** What a document held before, and honest updates that build on it. */
function corpus(): { readonly history: readonly Uint8Array[]; readonly honest: readonly Uint8Array[] } {
  const ann = docOf(11, [])
  writeAll(ann)
  const bob = docOf(22, [Y.encodeStateAsUpdate(ann)])
  writeAll(bob)
  const history = [Y.encodeStateAsUpdate(ann), Y.encodeStateAsUpdate(bob)]
  return { history, honest: updatesOn(history) }
}

const HUGE = [
  [255, 255, 255, 255, 15],
  [255, 255, 255, 255, 255, 255, 255, 15],
  [255, 255, 255, 127],
  [128, 128, 128, 128, 128, 128, 128, 128, 128, 1],
]

function mutate(honest: Uint8Array, below: (below: number) => number): Uint8Array {
  const bytes = [...honest]
  const at = below(bytes.length)
  const overwrite = (value: (byte: number) => number): void => {
    for (let count = 1 + below(3); count > 0; count--) {
      const place = below(bytes.length)
      bytes[place] = value(bytes[place] ?? 0) & 255
    }
  }
  switch (below(12)) {
    case 0:
      return Uint8Array.from({ length: below(200) }, () => below(256))
    case 1:
      return honest.slice(0, at)
    case 2:
      bytes.splice(at, 1, ...(HUGE[below(HUGE.length)] ?? []))
      break
    case 3:
      bytes.splice(at, 1 + below(40))
      break
    case 4:
      bytes.splice(at, 0, ...bytes.slice(at, at + below(40)))
      break
    case 5:
      overwrite(() => below(256))
      break
    case 6:
      overwrite((byte) => byte ^ (1 << below(8)))
      break
    default:
      // Numbers that are off by little: the mutants that come closest to honesty.
      bytes[at] = ((bytes[at] ?? 0) + below(9) - 4) & 255
  }
  return Uint8Array.from(bytes)
}

const seen = (doc: Y.Doc): string => JSON.stringify(contentOf(doc))

/** A long-lived replica that keeps what is deleted, as for version history, must agree too. */
function faultOf(
  history: readonly Uint8Array[],
  doc: Y.Doc,
  update: Uint8Array,
  isEmpty: boolean,
): string | null {
  const before = seen(doc)
  Y.applyUpdate(doc, update)
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) return 'pending'
  if (isEmpty && seen(doc) !== before) return 'empty, and changes the document'
  const state = Y.encodeStateAsUpdate(doc)
  const fresh = docOf(2, [state])
  if (seen(fresh) !== seen(doc)) return 'a fresh load differs'
  if (!Buffer.from(Y.encodeStateAsUpdate(fresh)).equals(Buffer.from(state)))
    return 'a fresh load writes differently'
  if (seen(docOf(3, [...history, update], false)) !== seen(doc)) return 'a replica without collection differs'
  doc.getText('notes').insert(0, 'still editable')
  return doc.getXmlFragment('body').toString() === '' ? 'the body is gone' : null
}

describe('mutants of honest updates', () => {
  it(`W6: of ${CASES} mutants, none that passes throws, stays pending, or divides the replicas`, () => {
    const { history, honest } = corpus()
    const rules = { roots: ROOTS, mayWriteAs: (client: number) => client > 22, limits: defaultYjsLimits }
    const faults: string[] = []
    let passed = 0
    for (let seed = 1; seed <= CASES; seed++) {
      const below = random(seed)
      const mutant = mutate(honest[below(honest.length)] ?? new Uint8Array(), below)
      // Some of the honest updates are there already: then the mutant retells what is known, or half-known.
      const known = [...history, ...honest.slice(0, below(honest.length))]
      const doc = docOf(1, known)
      const before = seen(doc)
      const verdict = vetUpdate(doc, mutant, rules)
      if (seen(doc) !== before || doc.share.size !== 2) faults.push(`${seed}: the gate changed the document`)
      if (!verdict.ok) continue
      passed++
      const fault = faultOf(known, doc, mutant, verdict.empty)
      if (fault !== null) faults.push(`${seed}: ${fault}`)
    }
    expect(faults).toEqual([])
    // Else the mutants would be too far from honest updates to prove anything.
    expect(passed).toBeGreaterThan(CASES / 10)
  })

  it('W6: the honest updates behind the mutants pass, or tell of a gap, whatever is there already', () => {
    const { history, honest } = corpus()
    for (let known = 0; known <= honest.length; known++) {
      const doc = docOf(1, [...history, ...honest.slice(0, known)])
      for (const [index, update] of honest.entries()) {
        const verdict = vetUpdate(doc, update, {
          roots: ROOTS,
          mayWriteAs: () => true,
          limits: defaultYjsLimits,
        })
        if (index < known) expect(verdict).toMatchObject({ ok: true, empty: true })
        else if (index === known) expect(verdict).toMatchObject({ ok: true })
        else if (!verdict.ok) expect(verdict.kind).toBe('gap')
      }
    }
  })
})
