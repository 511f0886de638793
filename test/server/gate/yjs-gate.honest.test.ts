/** Honest clients always pass: whatever they write, offline or not, and in whatever form it arrives. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { defaultYjsLimits, vetUpdate } from '../../../server/gate/yjs-gate.ts'
import { contentOf } from './document-content.ts'
import { Client, moves, ROOTS, Server } from './honest-editing.ts'
import { gcStruct, itemStruct, rawUpdate, string, type } from './raw-update.ts'

const vet = (doc: Y.Doc, update: Uint8Array, mayWriteAs: (client: number) => boolean = () => true) =>
  vetUpdate(doc, update, { roots: ROOTS, mayWriteAs, limits: defaultYjsLimits })

function docOf(client: number, ...updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = client
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

const stateOf = (doc: Y.Doc): Uint8Array => Y.encodeStateAsUpdate(doc)
const newsOf = (doc: Y.Doc, reader: Y.Doc): Uint8Array =>
  Y.encodeStateAsUpdate(doc, Y.encodeStateVector(reader))

function paragraphIn(doc: Y.Doc, text: string): Y.XmlElement {
  const paragraph = new Y.XmlElement('paragraph')
  doc.getXmlFragment('body').insert(0, [paragraph])
  paragraph.insert(0, [new Y.XmlText(text)])
  return paragraph
}

describe('random editing', () => {
  it('W6: every update passes or tells of a gap, and after synchronising all replicas agree', () => {
    fc.assert(
      fc.property(moves(3, 80), (played) => {
        const server = new Server()
        const clients = [new Client(), new Client(), new Client()] as const
        for (const move of played) {
          const [first, second, third] = clients
          const turn = [first, second, third, first] as const
          const [client, peer] = [turn[move.client] ?? first, turn[move.client + 1] ?? first]
          client.play(move, server, peer)
          expect(server.complaints).toEqual([])
          expect(server.doc.store.pendingStructs ?? server.doc.store.pendingDs).toBeNull()
        }
        // Yjs tidies formats up when it meets remote ones, which is news again.
        for (let round = 0; round < 8; round++) for (const client of clients) client.synchronise(server)
        expect(server.complaints).toEqual([])
        const content = contentOf(server.doc)
        for (const { doc } of clients) expect(contentOf(doc)).toEqual(content)
        expect(contentOf(docOf(2, stateOf(server.doc)))).toEqual(content)
      }),
      { numRuns: 400 },
    )
  })
})

describe('offline work', () => {
  it('W6: a paragraph written and deleted offline arrives as garbage, which passes for its author alone', () => {
    const client = docOf(5)
    paragraphIn(client, 'a draft')
    paragraphIn(client, 'kept')
    client.getXmlFragment('body').delete(1, 1)
    const update = stateOf(client)
    expect(Y.decodeUpdate(update).structs.some((struct) => struct instanceof Y.GC)).toBe(true)
    expect(vet(docOf(1), update)).toEqual({ ok: true, empty: false, authors: [5] })
    expect(vet(docOf(1), update, () => false)).toMatchObject({ ok: false, kind: 'foreign' })
  })

  it('R5: one diff carries the work of earlier sessions, under the ids that they had', () => {
    const monday = docOf(5)
    monday.getText('notes').insert(0, 'monday')
    const tuesday = docOf(6, stateOf(monday))
    tuesday.getText('notes').insert(3, 'tuesday')
    tuesday.getText('notes').delete(0, 2)
    const server = docOf(1)
    const update = newsOf(tuesday, server)
    expect(vet(server, update, (client) => client === 5 || client === 6)).toMatchObject({
      authors: [5, 6],
    })
    expect(vet(server, update, (client) => client === 6)).toMatchObject({ kind: 'foreign', client: 5 })
    Y.applyUpdate(server, stateOf(monday))
    expect(vet(server, update, (client) => client === 6)).toMatchObject({ ok: true, authors: [6] })
  })

  it('W6: a struct that the document has the start of counts from there on', () => {
    const client = docOf(5)
    client.getText('notes').insert(0, 'known')
    const server = docOf(1, stateOf(client))
    client.getText('notes').insert(5, ' and new 😀')
    expect(vet(server, stateOf(client))).toEqual({ ok: true, empty: false, authors: [5] })
    expect(vet(server, stateOf(client), () => false)).toMatchObject({ kind: 'foreign' })
    Y.applyUpdate(server, stateOf(client))
    expect(server.getText('notes').toString()).toBe('known and new 😀')
  })

  it('W6: what was written into a paragraph that has been deleted and collected meanwhile becomes garbage', () => {
    const ann = docOf(5)
    const text = paragraphIn(ann, 'shared').get(0)
    const server = docOf(1, stateOf(ann))
    const bob = docOf(6, stateOf(ann))
    bob.getXmlFragment('body').delete(0, 1)
    Y.applyUpdate(server, newsOf(bob, server))
    if (!(text instanceof Y.XmlText)) throw new Error('no text')
    const sent: Uint8Array[] = []
    ann.on('update', (update: Uint8Array) => sent.push(update))
    text.insert(6, ' by Ann')
    text.insert(3, 'and more')
    text.format(0, 4, { bold: true })
    ann.transact(() => {
      const paragraph = ann.getXmlFragment('body').get(0)
      if (!(paragraph instanceof Y.XmlElement)) throw new Error('no paragraph')
      paragraph.insert(1, [new Y.XmlText('a sibling')])
      paragraph.setAttribute('align', 'left')
    })
    for (const update of [...sent, Y.mergeUpdates(sent), stateOf(ann)]) {
      expect(vet(server, update)).toMatchObject({ ok: true })
      Y.applyUpdate(server, update)
    }
    Y.applyUpdate(ann, stateOf(server))
    expect(ann.getXmlFragment('body').toString()).toBe(server.getXmlFragment('body').toString())
    expect(server.store.clients.get(5)?.at(-1)).toBeInstanceOf(Y.GC)
    expect(vet(server, stateOf(ann))).toMatchObject({ empty: true })
  })

  it('W6: an undo that restores a list whose child was restored before passes, in its own list only', () => {
    // Yjs gives the child itself as both neighbours: its copy traces to where the other child came from.
    const list = itemStruct({ root: 'body', content: type(3, 'list') })
    const child = itemStruct({ parent: [5, 0], content: type(3, 'item') })
    const restored = itemStruct({ origin: [5, 1], rightOrigin: [5, 1], content: type(3, 'item') })
    const update = rawUpdate({ sections: [{ client: 5, clock: 0, structs: [list, child, restored] }] })
    expect(vet(docOf(1), update)).toMatchObject({ ok: true })
    const [start, rest] = [[list, child], [restored]].map((structs, part) =>
      rawUpdate({ sections: [{ client: 5, clock: part * 2, structs }] }),
    )
    const other = rawUpdate({ sections: [{ client: 6, clock: 0, structs: [child] }] })
    const server = docOf(1, start ?? update)
    expect(vet(server, rest ?? update)).toMatchObject({ ok: true })
    Y.applyUpdate(server, other)
    expect(vet(server, rest ?? update)).toMatchObject({ kind: 'refused' })
  })
})

describe('characters', () => {
  const emoji = (): Y.Doc => {
    const doc = docOf(7)
    doc.getText('notes').insert(0, 'a😀b')
    return docOf(1, stateOf(doc))
  }
  const inside = itemStruct({ origin: [7, 1], rightOrigin: [7, 2], content: string('x') })

  it('W6: a client may write inside of one, for all to see', () => {
    const update = rawUpdate({ sections: [{ client: 5, clock: 0, structs: [inside] }] })
    expect(vet(emoji(), update)).toMatchObject({ ok: true })
  })

  it('W6: a known struct that is told to stand inside of one would break it for the server alone', () => {
    const server = emoji()
    Y.applyUpdate(server, rawUpdate({ sections: [{ client: 5, clock: 0, structs: [gcStruct(1)] }] }))
    const before = stateOf(server)
    const news = itemStruct({ origin: [7, 3], content: string('y') })
    const update = rawUpdate({ sections: [{ client: 5, clock: 0, structs: [inside, news] }] })
    expect(vet(server, update)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('character'),
    })
    expect(stateOf(server)).toEqual(before)
    Y.applyUpdate(server, update)
    expect(server.getText('notes').toString()).toBe('a\ufffd\ufffdby')
  })

  it('W6: a client that did so before tells it again together with what it wrote there', () => {
    const client = docOf(7)
    client.getText('notes').insert(0, 'a😀b')
    const server = docOf(1, stateOf(client))
    client.getText('notes').insert(2, 'x')
    expect(vet(server, stateOf(client))).toMatchObject({ ok: true })
  })
})
