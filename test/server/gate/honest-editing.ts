/**
 * A server behind the gate and clients who edit honestly: rich text and XML, formats and embeds, undo and redo,
 * offline and with reloads, sending what they wrote in every form that Yjs offers.
 */
import * as fc from 'fast-check'
import * as Y from 'yjs'
import type { UpdateVerdict } from '../../../server/gate/yjs-gate.ts'
import { defaultYjsLimits, vetUpdate } from '../../../server/gate/yjs-gate.ts'

export const ROOTS: ReadonlySet<string> = new Set(['notes', 'body'])

/** One move of one client; the numbers choose positions, lengths and values, whatever is there. */
export interface Move {
  readonly client: number
  readonly kind: MoveKind
  readonly at: number
  readonly pick: number
}

const EDITS = [
  'type',
  'paste',
  'erase',
  'format',
  'embed',
  'add-element',
  'add-text',
  'type-in-xml',
  'format-in-xml',
  'set-attribute',
  'remove-attribute',
  'remove-node',
  'undo',
  'redo',
] as const
const DELIVERIES = [
  'send-each',
  'send-merged',
  'send-diff',
  'send-all',
  'receive',
  'hear-peer',
  'reload',
] as const
type MoveKind = (typeof EDITS)[number] | (typeof DELIVERIES)[number]

export const moves = (clients: number, maxLength: number): fc.Arbitrary<readonly Move[]> =>
  fc.array(
    fc.record({
      client: fc.nat(clients - 1),
      kind: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom<MoveKind>(...EDITS) },
        { weight: 1, arbitrary: fc.constantFrom<MoveKind>(...DELIVERIES) },
      ),
      at: fc.nat(1_000),
      pick: fc.nat(1_000),
    }),
    { maxLength, size: 'max' },
  )

export class Server {
  readonly doc = new Y.Doc()
  /** Every verdict but `ok` and `gap`. */
  readonly complaints: UpdateVerdict[] = []
  gaps = 0

  /** @returns whether the update was taken. */
  receive(update: Uint8Array): boolean {
    const verdict = vetUpdate(this.doc, update, {
      roots: ROOTS,
      mayWriteAs: () => true,
      limits: defaultYjsLimits,
    })
    if (verdict.ok) {
      const before = verdict.empty ? stateOf(this.doc) : null
      Y.applyUpdate(this.doc, update)
      if (before !== null && stateOf(this.doc) !== before)
        throw new Error('an empty update changed the document')
      return true
    }
    if (verdict.kind === 'gap') this.gaps++
    else this.complaints.push(verdict)
    return false
  }
}

const stateOf = (doc: Y.Doc): string => Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64')

export class Client {
  doc = new Y.Doc()
  #undo: Y.UndoManager
  #unsent: Uint8Array[] = []
  #heard = 0

  constructor() {
    this.#undo = this.#open()
  }

  /** Everything that this client wrote or heard, for peers who listen in. */
  readonly log: Uint8Array[] = []

  play(move: Move, server: Server, peer: Client): void {
    switch (move.kind) {
      case 'send-each':
        return this.#send(server, this.#unsent)
      case 'send-merged':
        return this.#send(server, this.#unsent.length === 0 ? [] : [Y.mergeUpdates(this.#unsent)])
      case 'send-diff':
        return this.synchronise(server)
      case 'send-all':
        return this.#send(server, [Y.encodeStateAsUpdate(this.doc)])
      case 'receive':
        return Y.applyUpdate(
          this.doc,
          Y.encodeStateAsUpdate(server.doc, Y.encodeStateVector(this.doc)),
          server,
        )
      case 'hear-peer':
        return this.#hear(peer, move.pick)
      case 'reload':
        return this.#reload()
      default:
        this.doc.transact(() => edit(this.doc, move))
        if (move.kind === 'undo') this.#undo.undo()
        if (move.kind === 'redo') this.#undo.redo()
    }
  }

  /** What a provider does after a reconnect or a gap. */
  synchronise(server: Server): void {
    this.#unsent = []
    server.receive(Y.encodeStateAsUpdate(this.doc, Y.encodeStateVector(server.doc)))
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(server.doc, Y.encodeStateVector(this.doc)), server)
  }

  #send(server: Server, updates: readonly Uint8Array[]): void {
    this.#unsent = []
    for (const update of updates) if (!server.receive(update)) return this.synchronise(server)
  }

  /** Some of a peer's updates, in order, as over a broadcast channel; Yjs keeps what comes too early. */
  #hear(peer: Client, count: number): void {
    const news = peer.log.slice(this.#heard, this.#heard + (count % 8))
    this.#heard += news.length
    for (const update of news) Y.applyUpdate(this.doc, update, peer)
  }

  /** A page reload: the same text under a new client id. What was not sent goes with the next diff. */
  #reload(): void {
    const stored = Y.encodeStateAsUpdate(this.doc)
    this.doc = new Y.Doc()
    this.#undo = this.#open()
    Y.applyUpdate(this.doc, stored, this)
    this.#unsent = []
  }

  #open(): Y.UndoManager {
    this.doc.on('update', (update: Uint8Array, origin: unknown) => {
      this.log.push(update)
      if (!(origin instanceof Server || origin instanceof Client)) this.#unsent.push(update)
    })
    return new Y.UndoManager([this.doc.getText('notes'), this.doc.getXmlFragment('body')], {
      captureTimeout: 0,
    })
  }
}

const LETTERS = ['a', 'b', 'cd', '\n', 'é', '😀', 'x😀y', '漢']

function edit(doc: Y.Doc, { kind, at, pick }: Move): void {
  const notes = doc.getText('notes')
  const place = snap(notes, at % (notes.length + 1))
  const end = (length: number): number => snap(notes, Math.min(place + length, notes.length))
  switch (kind) {
    case 'type':
      return notes.insert(place, LETTERS[pick % LETTERS.length] ?? 'z')
    case 'paste':
      return notes.insert(place, 'pasted text '.repeat(1 + (pick % 4)), pick % 2 === 0 ? { bold: true } : {})
    case 'erase':
      return notes.delete(place, end(1 + (pick % 5)) - place)
    case 'format':
      return notes.format(place, end(1 + (pick % 6)) - place, formatOf(pick))
    case 'embed':
      return notes.insertEmbed(place, { image: `${pick}.png` })
    default:
      return editXml(doc.getXmlFragment('body'), kind, at, pick)
  }
}

/** No editor puts its cursor inside of a surrogate pair, which Yjs would break for good. */
function snap(text: Y.Text, at: number): number {
  const delta: readonly { readonly insert?: unknown }[] = text.toDelta()
  const plain = delta.map(({ insert }) => (typeof insert === 'string' ? insert : '.')).join('')
  const isInside = at > 0 && at < plain.length && /^[\udc00-\udfff]/.test(plain.slice(at))
  return isInside ? at - 1 : at
}

const formatOf = (pick: number): Record<string, unknown> =>
  pick % 3 === 0 ? { bold: null } : pick % 3 === 1 ? { bold: true } : { link: { href: `/${pick}` } }

function editXml(body: Y.XmlFragment, kind: MoveKind, at: number, pick: number): void {
  const parents = elementsOf(body)
  const parent = parents[at % parents.length] ?? body
  const texts = [...parent.toArray()].filter((node) => node instanceof Y.XmlText)
  const text = texts[pick % Math.max(1, texts.length)]
  const place = pick % (parent.length + 1)
  switch (kind) {
    case 'add-element':
      return parent.insert(place, [new Y.XmlElement(pick % 2 === 0 ? 'paragraph' : 'list')])
    case 'add-text':
      return parent.insert(place, [new Y.XmlText('text')])
    case 'type-in-xml':
      return text?.insert(snap(text, at % (text.length + 1)), LETTERS[pick % LETTERS.length] ?? 'z')
    case 'format-in-xml':
      return text?.format(0, snap(text, Math.min(text.length, 1 + (at % 4))), formatOf(pick))
    case 'set-attribute':
      if (parent instanceof Y.XmlElement) parent.setAttribute(pick % 2 === 0 ? 'level' : 'align', `${at}`)
      return
    case 'remove-attribute':
      if (parent instanceof Y.XmlElement) parent.removeAttribute('level')
      return
    case 'remove-node':
      if (parent.length > 0) parent.delete(pick % parent.length, 1)
      return
    default:
      return
  }
}

function elementsOf(parent: Y.XmlFragment): readonly Y.XmlFragment[] {
  const nested = parent.toArray().flatMap((node) => (node instanceof Y.XmlElement ? elementsOf(node) : []))
  return [parent, ...nested]
}
