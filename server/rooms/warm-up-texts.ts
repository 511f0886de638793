/**
 * Reads a text that nobody has written, as often as it takes for the code that reads texts to be compiled: the first who
 * opens a large one after a start would wait for that otherwise, four times as long as for the reading. It is done once the
 * server serves, a little in each turn.
 */
import * as Y from 'yjs'
import { namelessDoc } from '../gate/nameless-doc.ts'
import { TextBytes } from './text-bytes.ts'

/** Enough that the compiler takes notice, and little enough that a turn stays short. */
const EDITS = 400
const READINGS = 40

/** @param pause lets others have their turn. @returns how many bytes were told; the same each time. */
export async function warmUpTexts(pause: () => Promise<void>): Promise<number> {
  const [older, newer] = writtenText()
  let told = 0
  for (let reading = 0; reading < READINGS; reading++) {
    await pause()
    const text = new TextBytes([older, newer], pause)
    told += (await text.since(new Map())).byteLength
    await text.stateVector()
  }
  return told
}

/** As typing leaves it: insertions here and there, some of them taken back. @returns it in two parts. */
function writtenText(): readonly [Uint8Array, Uint8Array] {
  const doc = namelessDoc()
  doc.clientID = 1
  const text = doc.getText('text')
  edit(text, 0)
  const older = Y.encodeStateAsUpdate(doc)
  const seen = Y.encodeStateVector(doc)
  edit(text, EDITS)
  const newer = Y.encodeStateAsUpdate(doc, seen)
  doc.destroy()
  return [older, newer]
}

function edit(text: Y.Text, first: number): void {
  for (let n = first; n < first + EDITS; n++) {
    // Places that lie apart, so that Yjs joins few of them.
    const at = (n * 7_919) % (text.length + 1)
    if (n % 4 === 3 && at + 2 <= text.length) text.delete(at, 2)
    else text.insert(at, n % 3 === 0 ? 'a word, ' : 'é')
  }
}
