import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { annsDoc, inRoot, inText, PARAGRAPH, refusal, serverOf, vet, write, XML_TEXT } from './anns-doc.ts'
import type { RawContent } from './raw-update.ts'
import { any, anyValue, bytes, embed, format, itemStruct, rawUpdate, string, type } from './raw-update.ts'

describe('roots', () => {
  it('R6: a root that is no text field is refused by name, and not created', () => {
    const doc = annsDoc()
    expect(vet(doc, write(inRoot('secrets', string('x'))))).toMatchObject(refusal('"secrets"'))
    const retold = rawUpdate({
      sections: [{ client: 7, clock: 0, structs: [inRoot('secrets', string('x'))] }],
    })
    expect(vet(doc, retold)).toMatchObject(refusal('"secrets"'))
    expect([...doc.share.keys()].sort()).toEqual(['body', 'notes'])
  })

  it('R6: vetting gives no root a type, nor creates an empty one', () => {
    const doc = annsDoc()
    expect(vet(doc, write(inText(string('x'))))).toMatchObject({ ok: true })
    expect(doc.share.get('notes')?.constructor).toBe(Y.AbstractType)
    const empty = new Y.Doc()
    expect(vet(empty, write(inRoot('notes', string('x'))))).toMatchObject({ ok: true })
    expect(empty.share.size).toBe(0)
  })

  it('R6: the kind of a root follows from its content, and is not changed', () => {
    const doc = annsDoc()
    expect(vet(doc, write(inRoot('notes', type(3, 'p'))))).toMatchObject(refusal('text and would become xml'))
    expect(vet(doc, write(inRoot('body', string('x'))))).toMatchObject(refusal('xml and would become text'))
    const both = write(inRoot('notes', string('x')), inRoot('notes', type(6)))
    expect(vet(new Y.Doc(), both)).toMatchObject(refusal('text and would become xml'))
    Y.applyUpdate(doc, rawUpdate({ deletes: [{ client: 7, ranges: [[0, PARAGRAPH]] }] }))
    expect(vet(doc, write(inRoot('notes', type(3, 'p'))))).toMatchObject({ ok: true })
  })

  it('R6: behind a thousand tombstones, the kind is still found', () => {
    const doc = new Y.Doc()
    doc.getText('notes').insert(0, 'last')
    for (let at = 0; at < 1_000; at++) {
      doc.getText('notes').insert(0, 'x')
      doc.getText('notes').delete(0, 1)
    }
    const server = serverOf(doc)
    for (let time = 0; time < 2; time++)
      expect(vet(server, write(inRoot('notes', type(3, 'p'))))).toMatchObject(refusal('would become xml'))
  })
})

describe('contents', () => {
  const inXml = (content: RawContent) => write(itemStruct({ parent: [7, PARAGRAPH], content }))
  const attribute = (key: string, content: RawContent) =>
    write(itemStruct({ parent: [7, PARAGRAPH], parentSub: key, content }))

  it.each<[name: string, reason: string, update: Uint8Array]>([
    ['a string in an XML element', 'string content in a list of xml', inXml(string('x'))],
    ['a value in a text root', 'any content in a text root', write(inText(any(anyValue(1))))],
    ['a format as an attribute', 'as the value of a key', attribute('a', format('b', 'true'))],
    ['a parent that is no type', 'no type', write(itemStruct({ parent: [7, 0], content: string('x') }))],
    [
      'a list item of a map',
      'in a list of map',
      write(inText(type(1)), itemStruct({ parent: [5, 0], content: type(1) })),
    ],
  ])('W6: %s is refused', (_name, reason, update) => {
    expect(vet(annsDoc(), update)).toMatchObject(refusal(reason))
  })

  const poisoned = JSON.stringify({ deep: [{ ['__proto__']: { admin: true } }] })
  it.each<[name: string, update: Uint8Array]>([
    [
      'a value',
      attribute(
        'a',
        any(bytes(118, 1, 9), (encoder) => bytes(...Buffer.from('__proto__'), 118, 0)(encoder)),
      ),
    ],
    ['a key', attribute('__proto__', any(anyValue(1)))],
    ['a format', write(inText(format('__proto__', 'true')))],
    ["a format's value", write(inText(format('link', poisoned)))],
    ['an embed', write(inText(embed(poisoned)))],
    ['an escaped embed', write(inText(embed('{"\\u005f_proto__":{}}')))],
  ])('W6: __proto__ in %s is refused', (_name, update) => {
    expect(vet(annsDoc(), update)).toMatchObject({ ok: false, kind: 'refused' })
  })

  it('W6: values nested too deeply are refused without recursion into them', () => {
    const levels = 200_000
    const nested = attribute(
      'a',
      any((encoder) => {
        for (let level = 0; level < levels; level++) bytes(117, 1)(encoder)
      }),
    )
    expect(vet(annsDoc(), nested)).toMatchObject(refusal('nested too deeply'))
    expect(vet(annsDoc(), write(inText(embed('['.repeat(levels)))))).toMatchObject(refusal('nested deeper'))
  })

  it('W6: numbers that JSON cannot write back, and over-long names, are refused', () => {
    expect(vet(annsDoc(), write(inText(embed('{"a":1e999}'))))).toMatchObject(refusal('too large'))
    expect(vet(annsDoc(), attribute('k'.repeat(1_025), any(anyValue(1))))).toMatchObject(
      refusal('1025 bytes'),
    )
  })

  it('W6: every value that Yjs can hold passes', () => {
    const values = [
      1,
      -5,
      1.5,
      Math.PI,
      12n,
      'text',
      true,
      false,
      null,
      undefined,
      [1, ['x']],
      { a: { b: 1 } },
    ]
    const update = attribute('a', any(...values.map(anyValue), anyValue(Uint8Array.from([1, 2]))))
    expect(vet(annsDoc(), update)).toMatchObject({ ok: true })
  })

  it('W6: types nest up to the bound and not beyond', () => {
    const nested = (depth: number): Uint8Array =>
      write(
        ...Array.from({ length: depth }, (_, level) =>
          level === 0
            ? inRoot('body', type(3, 'p'))
            : itemStruct({ parent: [5, level - 1], content: type(3, 'p') }),
        ),
      )
    expect(vet(new Y.Doc(), nested(256))).toMatchObject({ ok: true })
    expect(vet(new Y.Doc(), nested(257))).toMatchObject(refusal('nested deeper than 256'))
    const doc = new Y.Doc()
    Y.applyUpdate(doc, nested(256))
    const deeper = rawUpdate({
      sections: [{ client: 5, clock: 256, structs: [itemStruct({ parent: [5, 255], content: type(6) })] }],
    })
    expect(vet(doc, deeper)).toMatchObject(refusal('nested deeper than 256'))
  })

  it('W6: an item between items of different lists is refused', () => {
    const update = write(itemStruct({ origin: [7, 0], rightOrigin: [7, XML_TEXT], content: string('x') }))
    expect(vet(annsDoc(), update)).toMatchObject(refusal('different lists'))
  })
})
