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
  for (let index = 0; index < count; index++) text.insert(index, letterAt(index))
  doc.destroy()
  return updates
}

const LETTERS = 'the quick brown fox jumps over the lazy dog. '

/** The letter that every author types at that place of his own text. */
export const letterAt = (index: number): string => LETTERS[index % LETTERS.length] ?? ''

/** @returns updates that together hold the first `count` characters of the author, up to `chunk` each. */
export function typedChunks(author: number, count: number, chunk: number): readonly Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = author
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const letters = LETTERS.repeat(Math.ceil(count / LETTERS.length)).slice(0, count)
  for (let at = 0; at < count; at += chunk) doc.getText('body').insert(at, letters.slice(at, at + chunk))
  doc.destroy()
  return updates
}
