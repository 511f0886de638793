// W6: pieces of an update, applied one after the other, make the same document as the update itself.
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { sliceUpdate, structStartsOf } from '../../../server/gate/slice-update.ts'
import { contentOf } from './document-content.ts'

/** Two clients' interleaved typing, deleting and formatting, with types inside types. */
function busyDoc(edits: number): Y.Doc {
  const docs = [11, 22].map((client) => {
    const doc = new Y.Doc()
    doc.clientID = client
    return doc
  })
  let state = 1
  const below = (bound: number): number => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
    return state % bound
  }
  for (let edit = 0; edit < edits; edit++) {
    const doc = docs[edit % 2] as Y.Doc
    const text = doc.getText('notes')
    if (edit % 5 === 4 && text.length > 8) text.delete(below(text.length - 4), 3)
    else text.insert(below(text.length + 1), edit % 7 === 0 ? '😀' : 'ab')
    if (edit % 9 === 0) text.format(0, Math.min(4, text.length), { bold: edit % 2 === 0 })
    const body = doc.getXmlFragment('body')
    if (edit % 11 === 0) {
      const paragraph = new Y.XmlElement('paragraph')
      body.insert(below(body.length + 1), [paragraph])
      paragraph.insert(0, [new Y.XmlText(`paragraph ${edit}`), new Y.XmlElement('break')])
    }
    if (edit % 50 === 49) {
      body.delete(0, Math.min(2, body.length))
      for (const other of docs) if (other !== doc) Y.applyUpdate(other, Y.encodeStateAsUpdate(doc))
    }
  }
  const [first, second] = docs as [Y.Doc, Y.Doc]
  Y.applyUpdate(first, Y.encodeStateAsUpdate(second))
  return first
}

function expectSame(doc: Y.Doc, expected: Y.Doc): void {
  expect(contentOf(doc)).toEqual(contentOf(expected))
  expect(Y.encodeStateVector(doc)).toEqual(Y.encodeStateVector(expected))
  expect(doc.store.pendingStructs).toBeNull()
  expect(doc.store.pendingDs).toBeNull()
}

const appliedInOrder = (doc: Y.Doc, updates: readonly Uint8Array[]): Y.Doc => {
  for (const update of updates) {
    Y.applyUpdate(doc, update)
    expect(doc.store.pendingStructs).toBeNull()
    expect(doc.store.pendingDs).toBeNull()
  }
  return doc
}

describe('slices', () => {
  it('W6: of a whole document, each builds on those before it, and all of them make the document', () => {
    const doc = busyDoc(3_000)
    const slices = sliceUpdate(Y.encodeStateAsUpdate(doc), new Map())
    expect(slices.length).toBeGreaterThan(10)
    expectSame(appliedInOrder(new Y.Doc(), slices), doc)
  })

  it('W6: of what an update adds to a document, deletions of old and new structs included', () => {
    const doc = busyDoc(2_000)
    const server = appliedInOrder(new Y.Doc(), [Y.encodeStateAsUpdate(doc)])
    const live = appliedInOrder(new Y.Doc(), [Y.encodeStateAsUpdate(doc)])
    const before = Y.encodeStateVector(doc)
    const text = doc.getText('notes')
    for (let at = 0; at < 500; at++) text.insert((at * 7) % text.length, `new ${at}`)
    text.delete(10, text.length - 20)
    doc.getXmlFragment('body').delete(0, doc.getXmlFragment('body').length)
    const starts = structStartsOf(server)
    const added: Uint8Array[] = []
    server.on('update', (bytes: Uint8Array) => added.push(bytes))
    Y.applyUpdate(server, Y.encodeStateAsUpdate(doc, before))
    const slices = added.flatMap((bytes) => sliceUpdate(bytes, starts))
    expectSame(appliedInOrder(live, slices), doc)
  })
})
