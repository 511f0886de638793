// A text, or a record as a map, in a Y.Doc: what every provider of Yjs keeps in step.
const FIELDS = ['title', 'price', 'dose', 'tag']

export function clientOf(doc, kind) {
  const text = doc.getText('body')
  const map = doc.getMap('record')
  const value = (field) => map.get(field) ?? ''
  return {
    read: () => (kind === 'text' ? text.toString() : FIELDS.map(value).join('')),
    write: (pieces) => {
      if (kind === 'text') for (const piece of pieces) text.insert(text.length, piece)
      else
        doc.transact(() => {
          for (const [at, piece] of pieces.entries()) map.set(FIELDS[at], piece)
        })
    },
    onChange: (listener) => doc.on('update', listener),
  }
}
