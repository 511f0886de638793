// O4: what the bytes of a document are for.
import * as Automerge from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { measureFields, measureText } from '../../../server/inspection/document-size.ts'

const typed = (edit: (doc: Y.Doc) => void): Uint8Array => {
  const doc = new Y.Doc()
  doc.clientID = 7
  edit(doc)
  return Y.encodeStateAsUpdate(doc)
}

describe('O4: a text', () => {
  it('that nobody has deleted from is its words and what says where they stand', () => {
    const size = measureText([typed((doc) => doc.getText('notes').insert(0, 'Fever, Ångström'))])
    // The words in UTF-8, with their length before them.
    expect(size).toMatchObject({ content: 18, gone: 0 })
    expect(size.history).toBeGreaterThan(0)
    // That nothing is deleted takes a byte.
    expect(size.tombstones).toBe(1)
  })

  it('keeps of what was deleted where it stood', () => {
    const size = measureText([
      typed((doc) => {
        doc.getText('notes').insert(0, 'x'.repeat(1_000))
        doc.getText('notes').delete(0, 990)
      }),
    ])
    expect(size).toMatchObject({ content: 11, gone: 990 })
    expect(size.tombstones).toBeGreaterThan(1)
    expect(size.tombstones).toBeLessThan(30)
  })

  it('is the sum of its parts, whatever was done to it', () => {
    const step = fc.record({
      at: fc.nat(40),
      insert: fc.string({ maxLength: 5 }),
      remove: fc.nat(6),
      bold: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const update = typed((doc) => {
          const text = doc.getText('notes')
          for (const { at, insert, remove, bold } of steps) {
            const place = Math.min(at, text.length)
            text.insert(place, insert, bold ? { bold: true } : {})
            text.delete(place, Math.min(remove, text.length - place))
          }
        })
        const { bytes, content, history, tombstones } = measureText([update])
        expect(content + history + (tombstones ?? 0)).toBe(bytes)
        expect(Math.min(content, history, tombstones ?? 0)).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})

describe('O4: fields', () => {
  it('grow by their history, while the content stays', () => {
    let doc = Automerge.from<{ name: string; rate: number }>({ name: 'Ada', rate: 0 })
    const first = measureFields(null, Automerge.getAllChanges(doc))
    for (let rate = 1; rate <= 100; rate++)
      doc = Automerge.change(doc, (draft) => {
        draft.rate = rate
      })
    const last = measureFields(null, Automerge.getAllChanges(doc))
    expect(last.gone - first.gone).toBe(100)
    expect(last.history).toBeGreaterThan(first.history + 100)
    expect(Math.abs(last.content - first.content)).toBeLessThan(10)
    expect(last).toMatchObject({ bytes: last.content + last.history, tombstones: null })
  })
})
