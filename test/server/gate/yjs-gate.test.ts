import * as encoding from 'lib0/encoding'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { annsDoc, inRoot, inText, KNOWN, NOTES_END, refusal, vet, write } from './anns-doc.ts'
import type { RawSection } from './raw-update.ts'
import {
  any,
  bytes,
  deleted,
  embed,
  gcStruct,
  itemStruct,
  rawUpdate,
  skipStruct,
  string,
  subdocument,
  type,
} from './raw-update.ts'

describe('malformed updates', () => {
  it.each<[name: string, reason: string, update: Uint8Array]>([
    ['a GC struct of length 0', 'length 0', Uint8Array.from([1, 1, 5, 0, 0, 0, 0])],
    ['deleted content of length 0', 'length 0', write(inRoot('notes', deleted(0)))],
    ['an empty string', 'length 0', write(inRoot('notes', string('')))],
    ['a value list without values', 'length 0', write(inRoot('notes', any()))],
    ['a delete range of length 0', 'length 0', rawUpdate({ deletes: [{ client: 7, ranges: [[0, 0]] }] })],
    ['a subdocument', 'subdocuments', write(inRoot('notes', subdocument('x')))],
    ['an unknown content', 'unknown content', write(inRoot('notes', { reference: 11, write: bytes() }))],
    ['an unknown type', 'unknown type', write(inRoot('notes', type(7)))],
    ['an unknown value', 'unknown value', write(inRoot('notes', any(bytes(115))))],
    [
      'a struct that builds on itself',
      'later one',
      write(itemStruct({ origin: [5, 0], content: string('x') })),
    ],
    ['JSON that is none', 'not JSON', write(inText(embed('{')))],
    ['text that is not UTF-8', 'utf-8', write(inRoot('notes', { reference: 4, write: bytes(1, 255) }))],
    ['a clock beyond all sessions', 'clock', write(gcStruct(2 ** 31))],
    ['bytes after the end', 'too many', Uint8Array.from([0, 0, 0])],
    ['bytes that end early', '', write(inText(string('hello'))).subarray(0, 12)],
    ['no bytes', '', new Uint8Array()],
    ['a section without structs', 'without structs', Uint8Array.from([1, 0, 5, 0, 0, 0, 0])],
    [
      'overlapping delete ranges',
      'overlap',
      rawUpdate({
        deletes: [
          {
            client: 7,
            ranges: [
              [0, 3],
              [2, 3],
            ],
          },
        ],
      }),
    ],
    [
      'two sections of one client, of which Yjs drops one',
      'two sections',
      rawUpdate({
        sections: [0, 1].map((clock) => ({ client: 5, clock, structs: [inText(string('x'))] })),
      }),
    ],
  ])('W6: %s is refused', (_name, reason, update) => {
    expect(vet(annsDoc(), update)).toMatchObject(refusal(reason))
  })

  it.each<[name: string, update: Uint8Array]>([
    ['structs', rawUpdate({ sections: [{ client: 5, clock: 0, structs: [], count: 2 ** 31 }] })],
    ['sections', Uint8Array.from([255, 255, 255, 255, 15, 1, 5, 0, 0, 1, 0])],
    ['values', write(inRoot('notes', { reference: 8, write: bytes(255, 255, 255, 255, 15) }))],
    ['members', write(inRoot('notes', any(bytes(118, 255, 255, 255, 255, 15))))],
    ['JSON values', write(inRoot('notes', { reference: 2, write: bytes(255, 255, 255, 255, 15) }))],
    ['delete ranges', Uint8Array.from([0, 1, 7, 255, 255, 255, 255, 15, 0, 1])],
  ])('W6: a bomb that announces four billion %s is refused by its count', (_name, update) => {
    expect(vet(annsDoc(), update)).toMatchObject(refusal('announced'))
  })

  it('W6: structs that build on each other in a circle are refused', () => {
    const update = rawUpdate({
      sections: [
        { client: 5, clock: 0, structs: [itemStruct({ origin: [6, 0], content: string('x') })] },
        { client: 6, clock: 0, structs: [itemStruct({ origin: [5, 0], content: string('x') })] },
      ],
    })
    expect(vet(annsDoc(), update, { mayWriteAs: () => true })).toMatchObject(refusal('circle'))
  })
})

describe('the second encoding of updates', () => {
  it.each([100_000, 10_000_000])(
    'W6: %i structs in 21 bytes, which hang its reader, are refused at once',
    (count) => {
      const encoder = new Y.UpdateEncoderV2()
      encoding.writeVarUint(encoder.restEncoder, 1)
      encoding.writeVarUint(encoder.restEncoder, count)
      encoder.writeClient(5)
      encoding.writeVarUint(encoder.restEncoder, 0)
      for (let struct = 0; struct < 3; struct++) {
        encoder.writeInfo(0)
        encoder.writeLen(1)
      }
      expect(vet(annsDoc(), encoder.toUint8Array())).toMatchObject({ ok: false, kind: 'refused' })
    },
  )

  it('W6: an honest update in it is refused, and so would do no harm in a frame that takes the first', () => {
    const doc = new Y.Doc()
    doc.clientID = 5
    doc.getText('notes').insert(0, 'hello')
    expect(vet(annsDoc(), Y.encodeStateAsUpdateV2(doc))).toMatchObject({ ok: false, kind: 'refused' })
  })
})

describe('gaps', () => {
  it.each<[name: string, update: Uint8Array]>([
    ['a clock', rawUpdate({ sections: [{ client: 5, clock: 3, structs: [inText(string('x'))] }] })],
    ['an origin', write(itemStruct({ origin: [7, KNOWN], content: string('x') }))],
    ['a right origin', write(itemStruct({ rightOrigin: [8, 0], content: string('x') }))],
    ['a parent', write(itemStruct({ parent: [7, KNOWN], content: string('x') }))],
    ['a delete range', rawUpdate({ deletes: [{ client: 7, ranges: [[KNOWN - 1, 2]] }] })],
    ['a skip', write(skipStruct(4), inText(string('x')))],
  ])('W6: %s beyond what the document has is a gap, and nothing changes', (_name, update) => {
    const doc = annsDoc()
    const before = Y.encodeStateAsUpdate(doc)
    expect(vet(doc, update)).toMatchObject({ ok: false, kind: 'gap' })
    expect(Y.encodeStateAsUpdate(doc)).toEqual(before)
  })

  it('W6: a skip over what the document has, as mergeUpdates writes it, is none', () => {
    const doc = annsDoc()
    const start = rawUpdate({ sections: [{ client: 5, clock: 0, structs: [inText(string('abc'))] }] })
    const end = rawUpdate({
      sections: [{ client: 5, clock: 3, structs: [itemStruct({ origin: [5, 2], content: string('d') })] }],
    })
    Y.applyUpdate(doc, start)
    const skipped = rawUpdate({
      sections: [
        {
          client: 5,
          clock: 0,
          structs: [
            itemStruct({ origin: [7, NOTES_END], content: string('a') }),
            skipStruct(2),
            itemStruct({ origin: [5, 2], content: string('d') }),
          ],
        },
      ],
    })
    expect(vet(doc, skipped)).toEqual(vet(doc, end))
    expect(vet(doc, skipped)).toEqual({ ok: true, empty: false, authors: [5] })
  })
})

describe('authors', () => {
  it('R5: a write at the next clock of another is foreign, in every form', () => {
    const next = (...structs: RawSection['structs']): Uint8Array =>
      rawUpdate({ sections: [{ client: 7, clock: KNOWN, structs }] })
    for (const struct of [inText(string('x')), gcStruct(1)])
      expect(vet(annsDoc(), next(struct))).toMatchObject({ ok: false, kind: 'foreign', client: 7 })
    const straddling = rawUpdate({ sections: [{ client: 7, clock: KNOWN - 1, structs: [gcStruct(2)] }] })
    expect(vet(annsDoc(), straddling)).toMatchObject({ ok: false, kind: 'foreign', client: 7 })
  })

  it('R5: what the document has passes, whoever wrote it, and says so', () => {
    const doc = annsDoc()
    expect(vet(doc, Y.encodeStateAsUpdate(doc))).toEqual({ ok: true, empty: true, authors: [] })
    expect(vet(doc, Uint8Array.from([0, 0]))).toEqual({ ok: true, empty: true, authors: [] })
  })

  it('R5: deleting what another wrote is normal editing, and empty the second time', () => {
    const doc = annsDoc()
    const update = rawUpdate({ deletes: [{ client: 7, ranges: [[0, 5]] }] })
    expect(vet(doc, update)).toEqual({ ok: true, empty: false, authors: [] })
    Y.applyUpdate(doc, update)
    expect(vet(doc, update)).toEqual({ ok: true, empty: true, authors: [] })
  })

  it('R5: the ids of one author are asked for once each and told', () => {
    const asked: number[] = []
    const sections = [9, 5].map((client) => ({
      client,
      clock: 0,
      structs: [inText(string('x')), itemStruct({ origin: [client, 0], content: string('y') })],
    }))
    const mayWriteAs = (client: number): boolean => asked.push(client) > 0
    const verdict = vet(annsDoc(), rawUpdate({ sections }), { mayWriteAs })
    expect(verdict).toEqual({ ok: true, empty: false, authors: [9, 5] })
    expect(asked).toEqual([9, 5])
  })

  it('R5: another story about what the document has changes nothing, nor is it in what the document emits', () => {
    const before = new Y.Doc()
    const doc = annsDoc()
    const forged = rawUpdate({
      sections: [
        { client: 7, clock: 0, structs: [inRoot('notes', string('forged!!'))] },
        { client: 5, clock: 0, structs: [inText(string('x'))] },
      ],
    })
    expect(vet(doc, forged)).toEqual({ ok: true, empty: false, authors: [5] })
    const emitted: Uint8Array[] = []
    doc.on('update', (update: Uint8Array) => emitted.push(update))
    Y.applyUpdate(doc, forged)
    expect(doc.getText('notes').toString()).toBe('hello 😀x')
    expect(Y.decodeUpdate(emitted[0] ?? forged).structs.map(({ id }) => id.client)).toEqual([5])
    // Stored or relayed as they came, the bytes would put words into Ann's mouth where hers have not arrived.
    Y.applyUpdate(before, forged)
    expect(before.getText('notes').toString()).toBe('forged!!x')
  })
})
