// Texts as they were before honest updates, and those updates: recorded from TipTap, and written here to have all else.
import * as Y from 'yjs'
import { readFrame } from '../../shared/wire/y-protocol.ts'
import { readRecorded } from './recorded-clients.ts'

export interface TextState {
  /** What the document is made of, in order. */
  readonly history: readonly Uint8Array[]
  /** The honest update that comes next. */
  readonly next: Uint8Array
}

/** The client that nobody may write as. */
export const VICTIM = 11
const CLIENTS = [33, 44]

export const textStates = (): readonly TextState[] => [...chain([], recordedUpdates()), ...writtenStates()]

const chain = (history: readonly Uint8Array[], updates: readonly Uint8Array[]): TextState[] =>
  updates.map((next, index) => ({ history: [...history, ...updates.slice(0, index)], next }))

function recordedUpdates(): readonly Uint8Array[] {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  const frames = readRecorded()
    .yjs.flat()
    .map((bytes) => readFrame(bytes))
  for (const read of frames) {
    if (!read.ok || (read.frame.type !== 'update' && read.frame.type !== 'sync-step-2')) continue
    const before = Y.encodeStateVector(doc)
    Y.applyUpdate(doc, read.frame.update)
    if (!Buffer.from(before).equals(Buffer.from(Y.encodeStateVector(doc)))) updates.push(read.frame.update)
  }
  return updates
}

function writtenStates(): TextState[] {
  const victim = docOf(VICTIM, [])
  writeAll(victim)
  const history = [Y.encodeStateAsUpdate(victim)]
  return chain(history, updatesOn(history))
}

/** What two who began from the same history write at once, one who has seen both, and all of it in one. */
export function updatesOn(history: readonly Uint8Array[]): readonly Uint8Array[] {
  const updates: Uint8Array[] = []
  for (const client of CLIENTS) {
    const doc = docOf(client, history)
    const start = Y.encodeStateVector(doc)
    doc.on('update', (update: Uint8Array) => updates.push(update))
    writeAll(doc)
    doc.getText('notes').format(1, 3, { bold: null })
    const [first] = doc.getXmlFragment('body').toArray()
    if (first instanceof Y.XmlElement) first.insert(0, [new Y.XmlText('more')])
    updates.push(Y.encodeStateAsUpdate(doc, start))
  }
  const late = docOf(55, [...history, ...updates])
  late.getText('notes').insert(3, 'late')
  updates.push(Y.mergeUpdates(updates), Y.encodeStateAsUpdate(late))
  return updates
}

/** Something of everything that a text can hold, some of it deleted. */
export function writeAll(doc: Y.Doc): void {
  const notes = doc.getText('notes')
  notes.insert(0, 'hello 😀 world, this is text')
  notes.format(2, 5, { bold: true })
  notes.insertEmbed(4, { image: 'a.png' })
  notes.delete(9, 4)
  const list = new Y.XmlElement('list')
  list.insert(0, [new Y.XmlElement('item'), new Y.XmlText('text in a list')])
  list.setAttribute('level', '1')
  list.setAttribute('level', '2')
  const gone = new Y.XmlElement('gone')
  gone.insert(0, [new Y.XmlText('collected')])
  doc.getXmlFragment('body').insert(0, [list, gone, new Y.XmlElement('paragraph')])
  doc.getXmlFragment('body').delete(1, 1)
}

export function docOf(client: number, updates: readonly Uint8Array[], gc = true): Y.Doc {
  const doc = new Y.Doc({ gc })
  doc.clientID = client
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}
