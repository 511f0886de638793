// R5: who has inserted which part of a text.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { textAuthors } from '../../../server/projection/text-authors.ts'
import { readText } from '../../../server/projection/text-content.ts'
import { replayedDoc } from '../../../server/projection/text-replay.ts'

const NAME = 'notes'
const [ANN, BOB] = [11, 22]

/** What both have written, each in a document of his own, as it was merged. */
function merged(writes: (ann: Y.Doc, bob: Y.Doc, meet: () => void) => void): Y.Doc {
  const [ann, bob] = [ANN, BOB].map((clientID) => Object.assign(new Y.Doc(), { clientID })) as [Y.Doc, Y.Doc]
  const meet = (): void => {
    Y.applyUpdate(ann, Y.encodeStateAsUpdate(bob))
    Y.applyUpdate(bob, Y.encodeStateAsUpdate(ann))
  }
  writes(ann, bob, meet)
  meet()
  return replayedDoc([Y.encodeStateAsUpdate(ann)])
}

test('a paragraph is cut where its author changes, whatever its format and whoever has deleted in it', () => {
  const doc = merged((ann, bob, meet) => {
    const paragraphs = ['Fever since Monday', 'and a cough'].map((words) => {
      const paragraph = new Y.XmlElement('paragraph')
      paragraph.insert(0, [new Y.XmlText(words)])
      return paragraph
    })
    ann.getXmlFragment(NAME).insert(0, paragraphs)
    meet()
    const text = (bob.getXmlFragment(NAME).get(0) as Y.XmlElement).get(0) as Y.XmlText
    text.format(0, 5, { bold: true })
    text.delete(5, 6)
    text.insert(5, ' of 39°, from', {})
  })
  expect(textAuthors(doc, NAME).filter(({ text }) => text !== '')).toEqual([
    { client: ANN, text: 'Fever' },
    { client: BOB, text: ' of 39°, from' },
    { client: ANN, text: ' Monday' },
    { client: null, text: '\n' },
    { client: ANN, text: 'and a cough' },
  ])
})

test('a text that nobody has written has no parts, and an embed has no author', () => {
  expect(textAuthors(new Y.Doc(), NAME)).toEqual([])
  const doc = merged((ann) => {
    ann.getText(NAME).insert(0, 'see ')
    ann.getText(NAME).insertEmbed(4, { image: 'x.png' })
  })
  expect(textAuthors(doc, NAME)).toEqual([
    { client: ANN, text: 'see ' },
    { client: null, text: '\ufffc' },
  ])
})

test('the parts are the plain text, whatever was written', () => {
  const edit = fc.record({
    who: fc.constantFrom(0, 1),
    at: fc.nat(60),
    insert: fc.string({ maxLength: 6 }),
    remove: fc.nat(8),
    bold: fc.boolean(),
    meets: fc.boolean(),
    block: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 25 }), fc.boolean(), (edits, isXml) => {
      const doc = merged((...[ann, bob, meet]) => {
        for (const { who, at, insert, remove, bold, meets, block } of edits) {
          const own = who === 0 ? ann : bob
          if (isXml) editBlocks(own.getXmlFragment(NAME), { at, insert, remove, block })
          else {
            const text = own.getText(NAME)
            text.insert(Math.min(at, text.length), insert, bold ? { bold: true } : {})
            const from = Math.min(at, text.length)
            text.delete(from, Math.min(remove, text.length - from))
          }
          if (meets) meet()
        }
      })
      const runs = textAuthors(doc, NAME)
      expect(runs.map(({ text }) => text).join('')).toBe(readText(doc, NAME).plain)
      expect(runs.every(({ client }) => client === null || client === ANN || client === BOB)).toBe(true)
    }),
  )
})

interface BlockEdit {
  readonly at: number
  readonly insert: string
  readonly remove: number
  readonly block: boolean
}

function editBlocks(root: Y.XmlFragment, { at, insert, remove, block }: BlockEdit): void {
  if (block || root.length === 0) {
    const paragraph = new Y.XmlElement(at % 3 === 0 ? 'heading' : 'paragraph')
    paragraph.insert(0, [new Y.XmlText(insert)])
    return root.insert(at % (root.length + 1), [paragraph])
  }
  const text = (root.get(at % root.length) as Y.XmlElement).get(0) as Y.XmlText
  const place = at % (text.length + 1)
  text.insert(place, insert)
  text.delete(place, Math.min(remove, text.length - place))
}
