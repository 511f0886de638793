import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { annsDoc, inRoot, inText, limited, PARAGRAPH, refusal, serverOf, vet, write } from './anns-doc.ts'
import { any, anyValue, gcStruct, itemStruct, rawUpdate, string } from './raw-update.ts'

describe('bounds', () => {
  const scattered = (count: number) =>
    Array.from({ length: count }, (_, index): [number, number] => [index * 2, 1])
  const longText = (): Y.Doc => {
    const doc = new Y.Doc()
    doc.clientID = 7
    doc.getText('notes').insert(0, 'x'.repeat(1_000))
    return serverOf(doc)
  }

  it('W6: bytes, structs and delete ranges are bounded', () => {
    const update = write(inText(string('x')), itemStruct({ origin: [5, 0], content: string('y') }))
    expect(vet(annsDoc(), update, limited({ structsMax: 2 }))).toMatchObject({ ok: true })
    expect(vet(annsDoc(), update, limited({ structsMax: 1 }))).toMatchObject(refusal('more than 1 structs'))
    const size = update.byteLength
    expect(vet(annsDoc(), update, limited({ updateBytesMax: size }))).toMatchObject({ ok: true })
    expect(vet(annsDoc(), update, limited({ updateBytesMax: size - 1 }))).toMatchObject(refusal('bytes'))
    const deletes = rawUpdate({ deletes: [{ client: 7, ranges: scattered(3) }] })
    expect(vet(annsDoc(), deletes, limited({ deleteRangesMax: 2 }))).toMatchObject(refusal('delete ranges'))
  })

  it('W6: what would make Yjs move structs for seconds is refused, by insertions as by deletions', () => {
    const deletes = rawUpdate({ deletes: [{ client: 7, ranges: scattered(400) }] })
    expect(vet(longText(), deletes)).toMatchObject({ ok: true })
    expect(vet(longText(), deletes, limited({ movedStructsMax: 100_000 }))).toMatchObject(
      refusal('too many pieces'),
    )
    const inserts = write(
      ...scattered(400).map(([at]) =>
        itemStruct({ origin: [7, at], rightOrigin: [7, at + 1], content: string('y') }),
      ),
    )
    expect(vet(longText(), inserts)).toMatchObject({ ok: true })
    expect(vet(longText(), inserts, limited({ movedStructsMax: 50_000 }))).toMatchObject(
      refusal('too many pieces'),
    )
    const merging = write(
      ...Array.from({ length: 900 }, (_, at) => (at % 3 === 2 ? inText(string('x')) : gcStruct(1))),
    )
    expect(vet(longText(), merging, limited({ movedStructsMax: 50_000 }))).toMatchObject(
      refusal('too many pieces'),
    )
  })

  it('W6: a keystroke in a long document passes no other item, and a walk has its bound', () => {
    const doc = new Y.Doc()
    doc.clientID = 7
    for (let at = 0; at < 2_000; at++) doc.getText('notes').insert(at % 7 === 0 ? 0 : Math.floor(at / 2), 'x')
    const server = serverOf(doc)
    const before = Y.encodeStateVector(doc)
    doc.clientID = 5
    doc.getText('notes').insert(777, 'y')
    const keystroke = Y.encodeStateAsUpdate(doc, before)
    expect(vet(server, keystroke, limited({ orderStepsMax: 0 }))).toMatchObject({ ok: true })
    const unseen = write(inRoot('notes', string('y')))
    expect(vet(server, unseen, limited({ orderStepsMax: 0 }))).toMatchObject(refusal('too many others'))
    expect(vet(server, unseen)).toMatchObject({ ok: true })
  })

  it('W6: one key written beside nothing again and again is bounded by what Yjs would walk', () => {
    const entries = Array.from({ length: 100 }, () =>
      itemStruct({ parent: [7, PARAGRAPH], parentSub: 'a', content: any(anyValue(1)) }),
    )
    expect(vet(annsDoc(), write(...entries), limited({ orderStepsMax: 1_000 }))).toMatchObject(
      refusal('too many others'),
    )
  })
})
