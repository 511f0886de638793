/**
 * A text that is open: its bytes, which answer whoever reads, and a Y.Doc as soon as somebody writes something new. The
 * gate needs the document; readers do not, and most texts that are opened are only read.
 */
import * as Y from 'yjs'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import { namelessDoc } from '../gate/nameless-doc.ts'
import { TypedDocument } from '../gate/typed-document.ts'
import type { YjsLimits } from '../gate/yjs-limits.ts'
import { defaultYjsLimits } from '../gate/yjs-limits.ts'
import { epochOf } from '../plan/erasure.ts'
import { laneStart } from '../plan/journal-chain.ts'
import type { TextState } from '../plan/plan-text.ts'
import type { StoredTextLane } from '../storage/storage.ts'
import { TextBytes } from './text-bytes.ts'
import type { Trials } from './trials.ts'
import type { Turns } from './turns.ts'

/** A stored text of which Yjs may have more to do than one turn's work. */
const LARGE_BYTES_MIN = 16 * 1024

interface OpenTextContext {
  readonly trials: Trials
  readonly turns: Turns
}

export class OpenText {
  readonly bytes: TextBytes
  readonly #head: Omit<TextState, 'document' | 'bytes' | 'documentId'>
  readonly #trials: Trials
  readonly #turns: Turns
  #state: TextState | null = null

  constructor(key: RecordKey, stored: StoredTextLane, { trials, turns }: OpenTextContext) {
    const { version, bindings, erasure } = stored
    const chain = stored.chain ?? laneStart(key, 'text')
    this.bytes = new TextBytes(storedUpdates(stored), turns.pause)
    const erasedClients = new Set(erasure?.clients)
    this.#head = { key, erasure, erasedClients, chain, version, bindings }
    this.#trials = trials
    this.#turns = turns
  }

  /** What a document takes in memory, and what was last planned on it; null if nobody has written yet. */
  get resident(): TextState | null {
    return this.#state
  }

  /** Of the lane, with what is being committed. */
  get version(): number {
    return this.#state?.version ?? this.#head.version
  }

  /** Whether nothing of the text may be told to who has seen so much: he still has something that was erased (E5). */
  isErasedFor(seen: ReadonlyMap<number, number>): boolean {
    const { erasure, erasedClients } = this.#head
    if (erasure?.allowNew === false) return true
    for (const client of erasedClients) if (seen.has(client)) return true
    return false
  }

  /** Whether an update is plainly no write; see `TextBytes.holds`. */
  holds(update: Uint8Array, limits: YjsLimits): boolean {
    return this.#head.erasure?.allowNew !== false && this.bytes.holds(update, limits)
  }

  /** To plan on. */
  async state(): Promise<TextState> {
    this.#state ??= await this.#firstState()
    return this.#state
  }

  /** The document has moved on with a plan (W2). */
  moveTo(state: TextState): void {
    this.#state = state
  }

  destroy(): void {
    this.#state?.document.destroy()
    this.#state = null
  }

  /** What readers do without. */
  async #firstState(): Promise<TextState> {
    const { key, erasure } = this.#head
    const document = new TypedDocument(await this.#document())
    return {
      ...this.#head,
      documentId: documentIdOf(key, epochOf(erasure)),
      document,
      bytes: this.bytes.byteLength,
    }
  }

  /** Of what is large, a thread makes pieces first. */
  async #document(): Promise<Y.Doc> {
    const doc = namelessDoc()
    const whole = await this.bytes.whole()
    const slices = whole.byteLength < LARGE_BYTES_MIN ? [whole] : await slicesOf(whole, this.#trials)
    for (const slice of slices) await this.#turns.run(() => Y.applyUpdate(doc, slice))
    return doc
  }
}

const storedUpdates = ({ snapshot, tail }: StoredTextLane): readonly Uint8Array[] => [
  ...(snapshot === null ? [] : [snapshot.bytes]),
  ...tail,
]

/** The server's own update, which was vetted when it came in. It is never refused: at worst it takes long. */
async function slicesOf(whole: Uint8Array, trials: Trials): Promise<readonly Uint8Array[]> {
  try {
    const trial = {
      kind: 'text',
      stored: [whole],
      update: null,
      roots: [],
      limits: defaultYjsLimits,
    } as const
    return (await trials.text(trial)).slices
  } catch (error) {
    if (error instanceof SluiceError) return [whole]
    throw error
  }
}
