/**
 * The order of one list as it will be once an update's items are in it. Only for the rare item whose place
 * does not follow from its origins alone: the new items are integrated by Yjs's own rule into a copy of those
 * stretches of the list that they touch.
 *
 * Why order matters: Yjs promises that all replicas agree if every item was written between two items that
 * were neighbours in some state its author could have seen. It does not check this, and with other origins
 * the order depends on who received what first. Left and right can have been neighbours if and only if no
 * item that one of them was written beside stands between them:
 *
 *     origin of right ≤ left < right ≤ right origin of left
 */
import * as Y from 'yjs'
import type { DocumentDraft, Parent, Run } from './document-draft.ts'
import { findSpan, originAt, sameId } from './document-draft.ts'
import type { StructId } from './update-decoder.ts'
import { endOf } from './update-decoder.ts'

/** Counts list items passed, over all lists of one update. */
export class StepBudget {
  #left: number

  constructor(steps: number) {
    this.#left = steps
  }

  /** @throws StepsExhausted */
  spend(): void {
    if (this.#left-- === 0) throw new StepsExhausted()
  }
}

/** Caught by the gate; it never leaves it. */
export class StepsExhausted extends Error {
  override readonly name = 'StepsExhausted'
}

/** What stays together of a run while others land inside of it. */
interface Piece extends StructId {
  length: number
  readonly origin: StructId | null
  readonly rightOrigin: StructId | null
  readonly item: Y.Item | null
  /** Undefined until someone asks: the document's own neighbour. */
  right: Piece | null | undefined
}

export class SequenceDraft {
  readonly #document: DocumentDraft
  readonly #budget: StepBudget
  readonly #parent: Parent
  /** Stands left of the first item. */
  readonly #head: Piece = pieceBefore()
  /** By the document's item or the update's run. */
  readonly #pieces = new Map<Y.Item | Run, Piece[]>()
  /** Items of the update that nobody has needed the place of so far. */
  #waiting: Run[] = []

  constructor(document: DocumentDraft, parent: Parent, budget: StepBudget) {
    this.#document = document
    this.#parent = parent
    this.#budget = budget
  }

  add(run: Run): void {
    this.#waiting.push(run)
  }

  /** Whether left and right can have been neighbours, for two items that were not written beside each other. */
  couldAdjoin(left: StructId, right: StructId): boolean {
    for (const run of this.#waiting) this.#integrate(run)
    this.#waiting = []
    const besideLeft = this.#document.find(left).rightOrigin
    const besideRight = originAt(this.#document.find(right), right.clock)
    const end = this.#cutBefore(right)
    for (let piece = this.#rightOf(this.#cutAfter(left)); piece !== end; piece = this.#rightOf(piece)) {
      if (piece === null || holds(piece, besideLeft) || holds(piece, besideRight)) return false
      this.#budget.spend()
    }
    return true
  }

  /** Yjs's `Item.integrate`, step by step, so that the copy ends in the order that the document will have. */
  #integrate(run: Run): void {
    const start = run.origin === null ? this.#head : this.#cutAfter(run.origin)
    const end = run.rightOrigin === null ? null : this.#cutBefore(run.rightOrigin)
    let left = start
    const passed = new Set<Piece>()
    const conflicting = new Set<Piece>()
    for (let other = this.#rightOf(start); other !== null && other !== end; other = this.#rightOf(other)) {
      this.#budget.spend()
      passed.add(other)
      conflicting.add(other)
      if (sameId(run.origin, other.origin)) {
        if (other.client < run.client) {
          left = other
          conflicting.clear()
        } else if (sameId(run.rightOrigin, other.rightOrigin)) break
      } else {
        const origin = other.origin === null ? null : this.#pieceAt(other.origin)
        if (origin === null || !passed.has(origin)) break
        if (!conflicting.has(origin)) {
          left = other
          conflicting.clear()
        }
      }
    }
    const [piece] = this.#piecesOf(run)
    if (piece === undefined) throw new RangeError('a run without pieces')
    piece.right = this.#rightOf(left)
    left.right = piece
  }

  #rightOf(piece: Piece): Piece | null {
    if (piece.right === undefined) {
      const right = piece === this.#head ? firstItem(this.#parent) : (piece.item?.right ?? null)
      piece.right = right === null ? null : this.#firstPiece(right)
    }
    return piece.right
  }

  /** The piece that ends with a tick. */
  #cutAfter(id: StructId): Piece {
    const piece = this.#pieceAt(id)
    const length = id.clock + 1 - piece.clock
    if (length === piece.length) return piece
    const { client, rightOrigin, item, right } = piece
    const origin = { client, clock: id.clock }
    const rest: Piece = {
      client,
      clock: id.clock + 1,
      length: piece.length - length,
      origin,
      rightOrigin,
      item,
      right,
    }
    piece.length = length
    piece.right = rest
    const pieces = this.#piecesAround(id)
    pieces.splice(pieces.indexOf(piece) + 1, 0, rest)
    return piece
  }

  /** The piece that starts with a tick. */
  #cutBefore(id: StructId): Piece {
    const piece = this.#pieceAt(id)
    if (piece.clock < id.clock) this.#cutAfter({ client: id.client, clock: id.clock - 1 })
    return this.#pieceAt(id)
  }

  #pieceAt(id: StructId): Piece {
    const piece = findSpan(this.#piecesAround(id), id.clock)
    if (piece === undefined) throw new RangeError('an id outside of its run')
    return piece
  }

  #piecesAround(id: StructId): Piece[] {
    const run = this.#document.find(id)
    return this.#piecesOf(run.item ?? run)
  }

  #firstPiece(item: Y.Item): Piece {
    const [piece] = this.#piecesOf(item)
    if (piece === undefined) throw new RangeError('an item without pieces')
    return piece
  }

  #piecesOf(source: Y.Item | Run): Piece[] {
    const known = this.#pieces.get(source)
    if (known !== undefined) return known
    const pieces = [pieceOf(source)]
    this.#pieces.set(source, pieces)
    return pieces
  }
}

/** What stands left of the first item: a piece that no id names. */
const pieceBefore = (): Piece => ({
  client: -1,
  clock: 0,
  length: 0,
  origin: null,
  rightOrigin: null,
  item: null,
  right: undefined,
})

function pieceOf(source: Y.Item | Run): Piece {
  const { length, origin, rightOrigin } = source
  if (!(source instanceof Y.Item)) {
    const { client, clock } = source
    return { client, clock, length, origin, rightOrigin, item: null, right: null }
  }
  const { client, clock } = source.id
  return { client, clock, length, origin, rightOrigin, item: source, right: undefined }
}

const firstItem = (parent: Parent): Y.Item | null => (parent instanceof Y.AbstractType ? parent._start : null)

const holds = (piece: Piece, id: StructId | null): boolean =>
  id !== null && id.client === piece.client && piece.clock <= id.clock && id.clock < endOf(piece)
