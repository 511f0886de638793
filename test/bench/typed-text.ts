// The updates of a person who types one character after the other, encoded ahead of time: the load generator must not
// spend its time on Yjs.
import * as Y from 'yjs'

/**
 * @param author a Yjs client id.
 * @returns `count` updates, the n-th of which inserts one character after the one before.
 */
export function typedUpdates(author: number, count: number): readonly Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = author
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const text = doc.getText('body')
  for (let index = 0; index < count; index++) text.insert(index, LETTERS[index % LETTERS.length] ?? '')
  doc.destroy()
  return updates
}

const LETTERS = 'the quick brown fox jumps over the lazy dog. '

/** What a document holds in which each author has typed so many characters, whatever the order of the authors. */
export const lettersTyped = (count: number): string =>
  LETTERS.repeat(Math.ceil(count / LETTERS.length)).slice(0, count)
