/**
 * A text as bytes (S5): what a room keeps to answer newcomers without a Y.Doc. Stored updates are cut at their structs
 * and kept by client, in clock order, so that what somebody lacks is found by his state vector and copied.
 */
import * as Y from 'yjs'
import { ByteCursor } from '../gate/byte-cursor.ts'
import { DeletedRanges } from '../gate/deleted-ranges.ts'
import { namelessDoc } from '../gate/nameless-doc.ts'
import { skipStruct } from '../gate/skip-struct.ts'
import { isGone } from '../gate/struct-info.ts'
import { decodeUpdate } from '../gate/update-decoder.ts'
import type { YjsLimits } from '../gate/yjs-limits.ts'
import { TextSection } from './text-section.ts'
import { encodedUints, joinBytes } from './update-parts.ts'

const EMPTY_UPDATE = Uint8Array.of(0, 0)
/** How long stored bytes are read before others have their turn. */
const TURN_MS = 4
/** Answers that are kept until the text changes: those who come at once ask for the same. */
const ANSWERS_MAX = 16
/** What is looked through at once to see whether it says anything new. */
const LOOKED_THROUGH_BYTES_MAX = 64 * 1024
const KEYSTROKE_BYTES_MAX = 256

export class TextBytes {
  readonly #pause: () => Promise<void>
  #ready: Promise<void>
  #isReading = false
  /** Readings that are not done. */
  #due = 1
  #sections = new Map<number, TextSection>()
  #deleted = new DeletedRanges()
  #encodedDeleted: Uint8Array | null = null
  #stateVector: Uint8Array | null = null
  /** The whole text as one update, where there is one. */
  #whole: Uint8Array | null
  #answers = new Map<string, Uint8Array>()
  #byteLength: number

  /**
   * @param stored updates without holes between them, oldest first; not to be changed afterwards.
   * @param pause lets others have their turn.
   */
  constructor(stored: readonly Uint8Array[], pause: () => Promise<void>) {
    this.#whole = stored.length > 1 ? null : (stored[0] ?? EMPTY_UPDATE)
    this.#byteLength = lengthOf(stored)
    this.#pause = pause
    this.#ready = stored.length === 1 ? this.#readLater(stored) : this.#read(stored)
    // Whoever needs it is told.
    this.#ready.catch(() => {})
  }

  /** Resolves when all bytes have been read; until then only the whole of what was stored can be told. */
  get ready(): Promise<void> {
    return this.#ready
  }

  /** Whether they have been. */
  get isRead(): boolean {
    return this.#due === 0
  }

  get byteLength(): number {
    return this.#byteLength
  }

  /** Takes in what one commit has added; what is large is read with pauses. */
  append(updates: readonly Uint8Array[]): void {
    const bytes = lengthOf(updates)
    this.#byteLength += bytes
    this.#whole = null
    this.#encodedDeleted = null
    this.#stateVector = null
    // A map that is cleared gets a new table, also if it was empty.
    if (this.#answers.size > 0) this.#answers.clear()
    if (this.#isReading || bytes > READ_AT_ONCE_BYTES_MAX) {
      this.#due += 1
      this.#ready = this.#ready.then(() => this.#read(updates))
      this.#ready.catch(() => {})
      return
    }
    try {
      for (const update of updates) for (const _ of this.#take(update));
    } catch (error) {
      this.#mend(updates, error)
    }
  }

  async whole(): Promise<Uint8Array> {
    return this.#whole ?? (await this.since(new Map()))
  }

  /** The same bytes for all who ask before the text changes; they stay as they are. */
  async stateVector(): Promise<Uint8Array> {
    await this.#settled()
    this.#stateVector ??= this.#encodedStateVector()
    return this.#stateVector
  }

  #encodedStateVector(): Uint8Array {
    const entries = [...this.#sections].sort(([a], [b]) => b - a)
    return encodedUints([entries.length, ...entries.flatMap(([client, { next }]) => [client, next])])
  }

  /** What a reader with this state vector lacks, and all that is deleted: one update. */
  async since(clocks: ReadonlyMap<number, number>): Promise<Uint8Array> {
    if (clocks.size === 0 && this.#whole !== null) return this.#whole
    await this.#settled()
    if (clocks.size === 0 && this.#whole !== null) return this.#whole
    const question = JSON.stringify([...clocks])
    const known = this.#answers.get(question)
    if (known !== undefined) return known
    const answer = this.#answer(clocks)
    if (clocks.size === 0) this.#whole = answer
    else if (this.#answers.size < ANSWERS_MAX) this.#answers.set(question, answer)
    return answer
  }

  /**
   * Whether an update says nothing that the text has not: the answer of a client who has everything names deletions
   * only. False if that is not plain to see, or if the bytes have not been read yet.
   */
  holds(update: Uint8Array, limits: YjsLimits): boolean {
    if (update[0] !== 0 || this.#isReading) return false
    // What is short is looked through; writing all deletions out to compare them would take longer.
    const isLong = update.byteLength > KEYSTROKE_BYTES_MAX
    if (isLong && equalBytes(update.subarray(1), this.#deletions())) return true
    if (update.byteLength > LOOKED_THROUGH_BYTES_MAX) return false
    const decoded = decodeUpdate(update, limits)
    return decoded.ok && decoded.value.deletes.every((range) => this.#deleted.has(range))
  }

  #answer(clocks: ReadonlyMap<number, number>): Uint8Array {
    const parts: Uint8Array[] = []
    let sections = 0
    // Higher client ids first, as Yjs does.
    for (const [client, section] of [...this.#sections].sort(([a], [b]) => b - a)) {
      const lacking = section.from(client, clocks.get(client) ?? 0)
      if (lacking.length > 0) sections += 1
      parts.push(...lacking)
    }
    return joinBytes([encodedUints([sections]), ...parts, this.#deletions()])
  }

  #deletions(): Uint8Array {
    this.#encodedDeleted ??= this.#deleted.encoded()
    return this.#encodedDeleted
  }

  async #settled(): Promise<void> {
    do await this.#ready
    while (this.#isReading)
  }

  /** Who comes first wants the whole, and is told before it is read. */
  async #readLater(stored: readonly Uint8Array[]): Promise<void> {
    this.#isReading = true
    await this.#pause()
    await this.#read(stored)
  }

  async #read(updates: readonly Uint8Array[]): Promise<void> {
    this.#isReading = true
    let turnEndsAt = performance.now() + TURN_MS
    try {
      for (const update of updates)
        for (const _ of this.#take(update)) {
          if (performance.now() < turnEndsAt) continue
          await this.#pause()
          turnEndsAt = performance.now() + TURN_MS
        }
    } catch (error) {
      this.#mend(updates, error)
    } finally {
      this.#isReading = false
    }
    this.#due -= 1
  }

  /** Reads an update, a little at each step. @throws RangeError if it leaves a hole or is none. */
  *#take(update: Uint8Array): Generator<void> {
    const cursor = new ByteCursor(update)
    for (let sections = cursor.uint(); sections > 0; sections--) {
      let count = cursor.uint()
      const client = cursor.uint()
      let clock = cursor.uint()
      const section = this.#sections.get(client) ?? new TextSection()
      this.#sections.set(client, section)
      for (; count > 0; count--) {
        const start = cursor.at
        const length = skipStruct(cursor)
        if (!(length > 0)) throw new RangeError('a struct that the server does not write')
        if (isGone(update[start] ?? 0)) this.#deleted.add(client, clock, length)
        section.add(client, clock, length, update, start, cursor.at)
        clock += length
        if (count % STRUCTS_PER_STEP === 0) yield
      }
    }
    for (let clients = cursor.uint(); clients > 0; clients--) {
      const client = cursor.uint()
      for (let count = cursor.uint(); count > 0; count--) {
        const clock = cursor.uint()
        this.#deleted.add(client, clock, cursor.uint())
        if (count % STRUCTS_PER_STEP === 0) yield
      }
    }
    if (!cursor.isAtEnd) throw new RangeError('an update that ends elsewhere')
  }

  /** Has Yjs put together what cannot be put together here, such as parts that came in another order. */
  #mend(updates: readonly Uint8Array[], error: unknown): void {
    if (!(error instanceof RangeError)) throw error
    const doc = namelessDoc()
    doc.transact(() => {
      for (const update of [this.#answer(new Map()), ...updates]) Y.applyUpdate(doc, update)
    })
    const whole = Y.encodeStateAsUpdate(doc)
    doc.destroy()
    this.#sections = new Map()
    this.#deleted = new DeletedRanges()
    this.#encodedDeleted = null
    this.#stateVector = null
    this.#byteLength = whole.byteLength
    for (const _ of this.#take(whole));
  }
}

const STRUCTS_PER_STEP = 64
const READ_AT_ONCE_BYTES_MAX = 64 * 1024

const lengthOf = (updates: readonly Uint8Array[]): number =>
  updates.reduce((sum, { byteLength }) => sum + byteLength, 0)

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && Buffer.compare(a, b) === 0
