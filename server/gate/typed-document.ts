/**
 * A text's document together with what has been typed in it since, which it takes in when somebody looks at it.
 *
 * Who goes on typing writes each keystroke behind his last one, with the same neighbour on the right. Whatever else has
 * become of the text meanwhile, such a keystroke passes the gate: all that it builds on is there, it is his to write, and
 * two items that share their right origin can always have been neighbours (see `OrderDraft`). So it is told by four
 * numbers that it fits, and neither the gate nor Yjs has to look at it by itself. Yjs takes in many of them as one.
 */
import { isUtf8 } from 'node:buffer'
import * as Y from 'yjs'
import type { TypedText } from './read-keystroke.ts'
import { isCanonical, NOBODY, readKeystroke } from './read-keystroke.ts'
import { appliedTo } from './text-trial.ts'
import { TypedRun } from './typed-run.ts'
import { CLOCK_MAX } from './update-decoder.ts'

/** Where somebody goes on typing. */
interface Caret {
  readonly subject: string
  /** His next clock. */
  next: number
  /** The right origin of what he types; `rightClient` is `NOBODY` if there is none. */
  readonly rightClient: number
  readonly rightClock: number
  /** What others had written at other places, when the caret was found: `#others` then. */
  readonly others: number
}

/** Of those who type at once; the others' keystrokes are looked at one by one. */
const CARETS_MAX = 256
/**
 * Keystrokes of others at new places, each of which may stand right behind a caret: Yjs passes them for each that is
 * typed on, so there must be few.
 */
const OTHERS_MAX = 64

export class TypedDocument {
  readonly #doc: Y.Doc
  readonly #carets = new Map<number, Caret>()
  /** By client, what the document has not taken in yet. */
  readonly #ahead = new Map<number, TypedRun>()
  #others = 0

  constructor(doc: Y.Doc) {
    this.#doc = doc
  }

  /** With everything in it. To be changed by the methods below only. */
  get doc(): Y.Doc {
    this.#catchUp()
    return this.#doc
  }

  /**
   * Takes a keystroke that goes on where its author, who may write, has typed last.
   * @returns false if it is anything else: that is for the gate.
   */
  type(update: Uint8Array, subject: string): boolean {
    const keystroke = readKeystroke(update)
    if (keystroke === null || keystroke.text === null || keystroke.erased !== null) return false
    const { text } = keystroke
    const caret = this.#carets.get(text.client)
    if (caret === undefined || caret.subject !== subject || !goesOn(caret, text)) return false
    if (this.#others - caret.others > OTHERS_MAX || !isCanonical(text) || !isWellFormed(text)) return false
    if (!this.#put(text.client, update)) return false
    caret.next += text.length
    return true
  }

  #put(client: number, update: Uint8Array): boolean {
    const run = this.#ahead.get(client)
    if (run?.add(update) === true) return true
    this.#takeIn(client)
    const next = new TypedRun()
    if (!next.add(update)) return false
    this.#ahead.set(client, next)
    return true
  }

  /**
   * Takes an update that the gate has passed. @returns what it adds, in the document's own words; null if nothing.
   * @param authors Yjs client ids that write in it, all of this subject.
   */
  take(update: Uint8Array, authors: readonly number[], subject: string): Uint8Array | null {
    const added = appliedTo(this.doc, update)
    const keystroke = readKeystroke(update)
    // What somebody erases may be what others' next letters are to stand beside.
    if (keystroke === null || keystroke.erased !== null) this.#carets.clear()
    else this.#others += 1
    const [author] = authors
    if (author !== undefined && authors.length === 1) this.#findCaret(author, subject)
    return added
  }

  /** Takes a part of what has passed a trial. */
  takeSlice(update: Uint8Array): void {
    this.#carets.clear()
    Y.applyUpdate(this.doc, update)
  }

  destroy(): void {
    this.#ahead.clear()
    this.#doc.destroy()
  }

  /** An author who has just written goes on behind the last that he wrote, if that is text. */
  #findCaret(client: number, subject: string): void {
    const last = this.#doc.store.clients.get(client)?.at(-1)
    const isText =
      last instanceof Y.Item &&
      last.content instanceof Y.ContentString &&
      !last.deleted &&
      last.parentSub === null
    if (!isText) return void this.#carets.delete(client)
    if (this.#carets.size >= CARETS_MAX) this.#carets.clear()
    this.#carets.set(client, {
      subject,
      next: last.id.clock + last.length,
      rightClient: last.rightOrigin?.client ?? NOBODY,
      rightClock: last.rightOrigin?.clock ?? 0,
      others: this.#others,
    })
  }

  #catchUp(): void {
    for (const client of this.#ahead.keys()) this.#takeIn(client)
  }

  #takeIn(client: number): void {
    const run = this.#ahead.get(client)
    if (run === undefined) return
    this.#ahead.delete(client)
    Y.applyUpdate(this.#doc, run.joined())
  }
}

const goesOn = ({ next, rightClient, rightClock }: Caret, text: TypedText): boolean =>
  text.clock === next &&
  text.leftClient === text.client &&
  text.leftClock === next - 1 &&
  text.rightClient === rightClient &&
  text.rightClock === rightClock &&
  next + text.length <= CLOCK_MAX

function isWellFormed({ update, utf8At, utf8End }: TypedText): boolean {
  for (let at = utf8At; at < utf8End; at++)
    if ((update[at] ?? 0) >= 0x80) return isUtf8(update.subarray(utf8At, utf8End))
  return true
}
