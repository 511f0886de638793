// Rich text as three people edit it, seeing each other now and then.
import * as fc from 'fast-check'
import * as Y from 'yjs'

/** What one of three people does, in their own copy; `sync` brings him up to date. */
export const deeds = fc.array(
  fc.record({
    who: fc.nat(2),
    deed: fc.oneof(
      fc.record({ type: fc.constant('insert' as const), at: fc.nat(50), text: texts() }),
      fc.record({
        type: fc.constant('erase' as const),
        at: fc.nat(50),
        count: fc.integer({ min: 1, max: 6 }),
      }),
      fc.record({
        type: fc.constant('format' as const),
        at: fc.nat(50),
        count: fc.integer({ min: 1, max: 6 }),
      }),
      fc.record({ type: fc.constant('embed' as const), at: fc.nat(50) }),
      fc.record({ type: fc.constant('element' as const), at: fc.nat(9) }),
      fc.record({ type: fc.constant('prune' as const), at: fc.nat(9) }),
      fc.record({ type: fc.constant('sync' as const) }),
    ),
  }),
  { maxLength: 40 },
)

function texts(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom('a', 'é', '語', '🙂', 'some words'),
    fc.string({ unit: 'grapheme', minLength: 1 }),
  )
}

export type Deeds = typeof deeds extends fc.Arbitrary<infer T> ? T : never

/** @returns the updates that a server has taken in, in its words, and its document. */
export function edited(history: Deeds): { readonly server: Y.Doc; readonly updates: readonly Uint8Array[] } {
  const server = new Y.Doc()
  const updates: Uint8Array[] = []
  server.on('update', (update: Uint8Array) => void updates.push(update))
  const people = [11, 4_000_000_000, 7].map((id) => {
    const doc = new Y.Doc()
    doc.clientID = id
    return doc
  })
  for (const { who, deed } of history) {
    const doc = people[who] ?? server
    if (deed.type === 'sync') Y.applyUpdate(doc, Y.encodeStateAsUpdate(server))
    else change(doc, deed)
    Y.applyUpdate(server, Y.encodeStateAsUpdate(doc, Y.encodeStateVector(server)))
  }
  return { server, updates }
}

function change(doc: Y.Doc, deed: Exclude<Deeds[number]['deed'], { type: 'sync' }>): void {
  const text = doc.getText('body')
  const page = doc.getXmlFragment('page')
  const at = Math.min(deed.at, text.length)
  if (deed.type === 'insert') text.insert(at, deed.text)
  else if (deed.type === 'embed')
    text.insertEmbed(at, { image: { width: -70_000.5, tags: ['x', null, true] } })
  else if (deed.type === 'element') {
    const element = new Y.XmlElement('paragraph')
    element.setAttribute('level', '2')
    element.insert(0, [new Y.XmlText('inside')])
    page.insert(Math.min(deed.at, page.length), [element])
  } else if (deed.type === 'prune') {
    if (deed.at < page.length) page.delete(deed.at, 1)
  } else if (at < text.length) {
    const count = Math.min(deed.count, text.length - at)
    if (deed.type === 'erase') text.delete(at, count)
    else text.format(at, count, { bold: true, size: 3 })
  }
}
