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
import type { DocumentDraft, Parent, Run } from './document-draft.ts'
import { sameId } from './document-draft.ts'
import type { Piece } from './list-pieces.ts'
import { ListPieces } from './list-pieces.ts'
import type { ContentKind } from './struct-content.ts'
import type { DeleteRange, StructId, WireStruct } from './update-decoder.ts'
import { endOf } from './update-decoder.ts'
import type { YjsLimits } from './yjs-limits.ts'

/** The entries of one key. To place one that was written beside none, Yjs walks past all of them. */
interface KeyEntries {
  head: Piece | null
  /** Of those that the update brings; with the document's own, once there is a head. */
  count: number
}

export class OrderDraft {
  readonly #document: DocumentDraft
  readonly #steps: Budget
  readonly #moves: Budget
  readonly #pieces: ListPieces
  readonly #cuts = new Map<number, number>()
  readonly #listHeads = new Map<Parent, Piece>()
  readonly #keys = new Map<Parent, Map<string, KeyEntries>>()

  constructor(document: DocumentDraft, limits: YjsLimits) {
    this.#document = document
    this.#steps = new Budget(limits.orderStepsMax, 'its items land among too many others')
    this.#moves = new Budget(limits.movedStructsMax, 'it cuts the document into too many pieces')
    this.#pieces = new ListPieces(document, (client) => this.#countCut(client))
  }

  /** Puts an item that has a parent in its place. @returns false if its neighbours can never have been that. */
  place(run: Run): boolean {
    const { origin, rightOrigin } = run
    // In Yjs's order. If the right one stands in the left one's item, its cut takes from Yjs what it has as left.
    const start = origin === null ? this.#headOf(run) : this.#pieces.cutAfter(origin)
    const right = rightOrigin === null ? null : this.#pieces.cutBefore(rightOrigin)
    const left = origin === null ? null : this.#pieces.at(origin)
    const isBeside = this.#pieces.rightOf(left ?? start) === right
    if (!isBeside && !this.#couldAdjoin(run, left, right) && !this.#isRestored(run)) return false
    const before = this.#pieces.rightOf(start) === right ? start : this.#integrate(run, start, right)
    const piece = this.#pieces.first(run)
    piece.right = this.#pieces.rightOf(before)
    before.right = piece
    if (run.parent !== null && run.parentSub !== null) this.#entriesOf(run.parent, run.parentSub).count++
    return true
  }

  /** Accounts for a struct that the document has: Yjs still cuts where it says that it was written. */
  retell({ origin, rightOrigin }: WireStruct): void {
    if (origin !== null && this.#document.find(origin).parent !== null) this.#pieces.cutAfter(origin)
    if (rightOrigin !== null && this.#document.find(rightOrigin).parent !== null)
      this.#pieces.cutBefore(rightOrigin)
  }

  /** Accounts for a deletion: the cuts at both ends, and the merge of what is deleted with its neighbours. */
  delete(range: DeleteRange): void {
    const last = { client: range.client, clock: endOf(range) - 1 }
    if (isLive(this.#document.find(range))) this.#pieces.cutBefore(range)
    if (isLive(this.#document.find(last))) this.#pieces.cutAfter(last)
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
    for (let piece = this.#pieces.rightOf(left); piece !== right; piece = this.#pieces.rightOf(piece)) {
      if (piece === null || holds(piece, left.rightOrigin) || holds(piece, right.origin)) return false
      this.#steps.spend(1)
    }
    return true
  }

  /**
   * The rule has one exception. When undo restores a type with children that were restored before, Yjs itself
   * gives them origins out of order. All replicas then agree nonetheless, as long as the type is of the same
   * client, nobody else has written in it, and the right neighbour cannot merge with what stands before it.
   */
  #isRestored(run: Run): boolean {
    const { parent, parentSub, client, rightOrigin } = run
    const holder = parent instanceof Y.AbstractType ? (parent._item?.id ?? null) : parent
    if (holder === null || typeof holder === 'string' || holder.client !== client || parentSub !== null)
      return false
    if (rightOrigin !== null && !this.#startsApart(rightOrigin)) return false
    let piece = this.#pieces.rightOf(this.#headOf(run))
    for (; piece !== null && piece.client === client; piece = this.#pieces.rightOf(piece))
      this.#steps.spend(1)
    return piece === null
  }

  /** Whether a tick starts an item, and will after Yjs has merged what it can. */
  #startsApart(id: StructId): boolean {
    const run = this.#document.find(id)
    if (run.clock < id.clock) return false
    if (run.item !== null || run.clock === 0) return true
    return !mergesWith(this.#document.find({ client: id.client, clock: id.clock - 1 }), run)
  }

  /** Yjs's `Item.integrate`. @returns the piece that the item comes to stand right of. */
  #integrate(run: Run, start: Piece, end: Piece | null): Piece {
    let left = start
    const passed = new Set<Piece>()
    const conflicting = new Set<Piece>()
    for (
      let other = this.#pieces.rightOf(start);
      other !== null && other !== end;
      other = this.#pieces.rightOf(other)
    ) {
      this.#steps.spend(1)
      passed.add(other)
      conflicting.add(other)
      if (sameId(run.origin, other.origin)) {
        if (other.client < run.client) {
          left = other
          conflicting.clear()
        } else if (sameId(run.rightOrigin, other.rightOrigin)) break
      } else {
        const origin = other.origin === null ? null : this.#pieces.at(other.origin)
        if (origin === null || !passed.has(origin)) break
        if (!conflicting.has(origin)) {
          left = other
          conflicting.clear()
        }
      }
    }
    return left
  }

  /** What stands left of all items in a run's list. */
  #headOf({ parent, parentSub }: Run): Piece {
    if (parent === null) throw new RangeError('garbage stands in no list')
    if (parentSub !== null) return this.#entryHead(parent, parentSub)
    const known = this.#listHeads.get(parent)
    if (known !== undefined) return known
    const head = this.#pieces.headBefore(parent instanceof Y.AbstractType ? parent._start : null)
    this.#listHeads.set(parent, head)
    return head
  }

  #entryHead(parent: Parent, key: string): Piece {
    const entries = this.#entriesOf(parent, key)
    if (entries.head === null) {
      let first = parent instanceof Y.AbstractType ? (parent._map.get(key) ?? null) : null
      for (; first !== null && first.left !== null; first = first.left) entries.count++
      entries.head = this.#pieces.headBefore(first)
    }
    this.#steps.spend(entries.count)
    return entries.head
  }

  #entriesOf(parent: Parent, key: string): KeyEntries {
    const keys = this.#keys.get(parent) ?? new Map<string, KeyEntries>()
    this.#keys.set(parent, keys)
    const entries = keys.get(key) ?? { head: null, count: 0 }
    keys.set(key, entries)
    return entries
  }

  #countCut(client: number): void {
    this.#cuts.set(client, (this.#cuts.get(client) ?? 0) + 1)
    this.#move(client)
  }

  #move(client: number): void {
    this.#moves.spend(this.#document.structCount(client) + (this.#cuts.get(client) ?? 0))
  }
}

const holds = (piece: Piece, id: StructId | null): boolean =>
  id !== null && id.client === piece.client && piece.clock <= id.clock && id.clock < endOf(piece)

const isLive = ({ parent, item }: Run): boolean => parent !== null && item?.deleted !== true

/** What Yjs concatenates. */
const MERGING_CONTENT: ReadonlySet<ContentKind> = new Set(['deleted', 'string', 'any', 'json'])

function mergesWith(before: Run, run: Run): boolean {
  if (before.parent === null || run.parent === null) return before.parent === run.parent
  const last = { client: before.client, clock: endOf(before) - 1 }
  const isContinued = sameId(run.origin, last) && sameId(run.rightOrigin, before.rightOrigin)
  return isContinued && run.content !== null && MERGING_CONTENT.has(run.content.kind)
}
