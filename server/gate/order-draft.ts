/**
 * The order of the document's lists as it will be once an update is in them, worked out by Yjs's own rule
 * on a copy of those stretches that the update touches. It answers two questions that Yjs never asks.
 *
 * Will all replicas agree? Yjs promises it if every item was written between two items that were neighbours
 * in some state its author could have seen. With other origins, the order depends on who received what first.
 * Two items can have been neighbours if and only if nothing stands between them that one of them was written
 * beside:
 *
 *     origin of right ≤ left < right ≤ right origin of left
 *
 * What will it cost? Yjs passes every concurrent item at a place, and moves a client's structs each time one of
 * them is cut in two: half a megabyte can keep it busy for a minute. Both are counted here as they happen.
 */
import * as Y from 'yjs'
import { Budget } from './budget.ts'
import type { DocumentDraft, Parent, Run, SharedType } from './document-draft.ts'
import { indexOfSpan, sameId } from './document-draft.ts'
import type { ContentKind } from './struct-content.ts'
import type { DeleteRange, StructId, WireStruct } from './update-decoder.ts'
import { endOf } from './update-decoder.ts'
import type { YjsLimits } from './yjs-limits.ts'

/** What stays together of an item while others land inside of it. */
interface Piece extends StructId {
  length: number
  readonly origin: StructId | null
  readonly rightOrigin: StructId | null
  /** Null for what the update brings. */
  readonly item: Y.Item | null
  /** Undefined until someone asks: the document's own neighbour. */
  right: Piece | null | undefined
}

export class OrderDraft {
  readonly #document: DocumentDraft
  readonly #steps: Budget
  readonly #moves: Budget
  /** By the document's item or the update's run. */
  readonly #pieces = new Map<Y.Item | Run, Piece[]>()
  readonly #cuts = new Map<number, number>()
  /** What stands left of the first item of a list, or of the entries of a key. */
  readonly #heads = new Map<Parent, Map<string | null, Piece>>()

  constructor(document: DocumentDraft, limits: YjsLimits) {
    this.#document = document
    this.#steps = new Budget(limits.orderStepsMax, 'its items land among too many others')
    this.#moves = new Budget(limits.movedStructsMax, 'it cuts the document into too many pieces')
  }

  /** Puts an item that has a parent in its place. @returns false if its neighbours can never have been that. */
  place(run: Run): boolean {
    // The right one first: cutting shortens a piece, and the left one has to end where it is told.
    const right = run.rightOrigin === null ? null : this.#cutBefore(run.rightOrigin)
    const left = run.origin === null ? null : this.#cutAfter(run.origin)
    const start = left ?? this.#headOf(run)
    if (run.parentSub !== null) this.#countEntry(run, run.parentSub)
    const isBeside = this.#rightOf(start) === right
    if (!isBeside && !this.#couldAdjoin(run, left, right)) return false
    const before = isBeside ? start : this.#integrate(run, start, right)
    const piece = pieceOf(this.#piecesOf(run), 0)
    piece.right = this.#rightOf(before)
    before.right = piece
    return true
  }

  /** Accounts for a struct that the document has: Yjs still cuts where it says that it was written. */
  retell({ origin, rightOrigin }: WireStruct): void {
    if (origin !== null && this.#document.find(origin).parent !== null) this.#cutAfter(origin)
    if (rightOrigin !== null && this.#document.find(rightOrigin).parent !== null) this.#cutBefore(rightOrigin)
  }

  /** Accounts for a deletion: the cuts at both ends, and the merge of what is deleted with its neighbours. */
  delete(range: DeleteRange): void {
    const last = { client: range.client, clock: endOf(range) - 1 }
    if (isLive(this.#document.find(range))) this.#cutBefore(range)
    if (isLive(this.#document.find(last))) this.#cutAfter(last)
    this.#move(range.client)
  }

  /** Accounts for the new runs of a client that Yjs merges with the one before, from the last to the first. */
  merge(runs: readonly Run[]): void {
    let isMerging = false
    runs.forEach((run, index) => {
      const before = runs[index - 1]
      const wasMerging = isMerging
      isMerging = before !== undefined && mergesWith(before, run)
      if (isMerging && !wasMerging) this.#moves.spend(runs.length - index)
    })
  }

  #couldAdjoin(run: Run, left: Piece | null, right: Piece | null): boolean {
    if (left === null) return right === null || right.origin === null
    if (right === null) return left.rightOrigin === null
    // One of them was written beside the other, so the rule holds for this item if it held for that one.
    if (sameId(left.rightOrigin, run.rightOrigin) || sameId(right.origin, run.origin)) return true
    for (let piece = this.#rightOf(left); piece !== right; piece = this.#rightOf(piece)) {
      if (piece === null || holds(piece, left.rightOrigin) || holds(piece, right.origin)) return false
      this.#steps.spend(1)
    }
    return true
  }

  /** Yjs's `Item.integrate`. @returns the piece that the item comes to stand right of. */
  #integrate(run: Run, start: Piece, end: Piece | null): Piece {
    let left = start
    const passed = new Set<Piece>()
    const conflicting = new Set<Piece>()
    for (let other = this.#rightOf(start); other !== null && other !== end; other = this.#rightOf(other)) {
      this.#steps.spend(1)
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
    return left
  }

  #headOf({ parent, parentSub }: Run): Piece {
    if (parent === null) throw new RangeError('garbage stands in no list')
    const heads = this.#heads.get(parent) ?? new Map<string | null, Piece>()
    this.#heads.set(parent, heads)
    const known = heads.get(parentSub)
    if (known !== undefined) return known
    const first = parent instanceof Y.AbstractType ? this.#firstOf(parent, parentSub) : null
    const head: Piece = { ...NO_ITEM, right: first === null ? null : this.#firstPiece(first) }
    heads.set(parentSub, head)
    return head
  }

  #firstOf(type: SharedType, key: string | null): Y.Item | null {
    if (key === null) return type._start
    let first = type._map.get(key) ?? null
    for (; first !== null && first.left !== null; first = first.left) this.#steps.spend(1)
    return first
  }

  #rightOf(piece: Piece): Piece | null {
    if (piece.right === undefined) {
      const right = piece.item?.right ?? null
      piece.right = right === null ? null : this.#firstPiece(right)
    }
    return piece.right
  }

  /** The piece that ends with a tick. */
  #cutAfter(id: StructId): Piece {
    const pieces = this.#piecesAround(id)
    const index = indexOfSpan(pieces, id.clock)
    const piece = pieceOf(pieces, index)
    const length = id.clock + 1 - piece.clock
    if (length === piece.length) return piece
    const { client, rightOrigin, item, right } = piece
    const rest: Piece = {
      client,
      clock: id.clock + 1,
      length: piece.length - length,
      origin: { client, clock: id.clock },
      rightOrigin,
      item,
      right,
    }
    piece.length = length
    piece.right = rest
    pieces.splice(index + 1, 0, rest)
    this.#move(client)
    this.#cuts.set(client, (this.#cuts.get(client) ?? 0) + 1)
    return piece
  }

  /** The piece that starts with a tick. */
  #cutBefore(id: StructId): Piece {
    const piece = this.#pieceAt(id)
    if (piece.clock === id.clock) return piece
    this.#cutAfter({ client: id.client, clock: id.clock - 1 })
    return this.#pieceAt(id)
  }

  #move(client: number): void {
    this.#moves.spend(this.#document.structCount(client) + (this.#cuts.get(client) ?? 0))
  }

  #pieceAt(id: StructId): Piece {
    const pieces = this.#piecesAround(id)
    return pieceOf(pieces, indexOfSpan(pieces, id.clock))
  }

  #piecesAround(id: StructId): Piece[] {
    const run = this.#document.find(id)
    return this.#piecesOf(run.item ?? run)
  }

  #firstPiece(item: Y.Item): Piece {
    return pieceOf(this.#piecesOf(item), 0)
  }

  #piecesOf(source: Y.Item | Run): Piece[] {
    const known = this.#pieces.get(source)
    if (known !== undefined) return known
    const pieces = [source instanceof Y.Item ? wholeItem(source) : wholeRun(source)]
    this.#pieces.set(source, pieces)
    return pieces
  }
}

const NO_ITEM = { client: -1, clock: 0, length: 0, origin: null, rightOrigin: null, item: null } as const

function wholeItem(item: Y.Item): Piece {
  const { length, origin, rightOrigin } = item
  const { client, clock } = item.id
  return { client, clock, length, origin, rightOrigin, item, right: undefined }
}

function wholeRun({ client, clock, length, origin, rightOrigin }: Run): Piece {
  return { client, clock, length, origin, rightOrigin, item: null, right: null }
}

function pieceOf(pieces: readonly Piece[], index: number): Piece {
  const piece = pieces[index]
  if (piece === undefined) throw new RangeError('an id outside of its item')
  return piece
}

const holds = (piece: Piece, id: StructId | null): boolean =>
  id !== null && id.client === piece.client && piece.clock <= id.clock && id.clock < endOf(piece)

const isLive = ({ parent, item }: Run): boolean => parent !== null && item?.deleted !== true

/** What Yjs concatenates. */
const MERGING_CONTENT: ReadonlySet<ContentKind> = new Set(['deleted', 'string', 'any', 'json'])

function mergesWith(before: Run, run: Run): boolean {
  if (before.content === null || run.content === null) return before.content === run.content
  const { kind } = run.content
  const last = { client: before.client, clock: endOf(before) - 1 }
  return before.content.kind === kind && MERGING_CONTENT.has(kind) && sameId(run.origin, last)
}
