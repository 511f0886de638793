/**
 * A record's history with the changes that a batch has added so far. It keeps what it had to look up, since
 * the operations of a batch refer to the same few changes and objects again and again.
 */
import type { DecodedChange } from '@automerge/automerge'
import type { DecodedOp, KnownHistory, KnownOp } from './known-history.ts'
import { opsOf, parseOpId } from './known-history.ts'

/** Where an object stands in the document. */
export interface Place {
  readonly kind: 'map' | 'list' | 'text'
  /** Objects between it and the root; 0 for the root itself. */
  readonly depth: number
  /** The key of the root that it hangs under; null for the root itself. */
  readonly rootKey: string | null
}

/** An object is found by its id alone. */
const NOWHERE = { obj: '' } as const

const ROOT: Place = { kind: 'map', depth: 0, rootKey: null }

const KIND_MADE: ReadonlyMap<string, Place['kind']> = new Map([
  ['makeMap', 'map'],
  ['makeList', 'list'],
  ['makeText', 'text'],
])

export class BatchHistory implements KnownHistory {
  readonly #base: KnownHistory
  readonly #added = new Map<string, DecodedChange>()
  /** Hashes of the added changes, by actor, in the order of their seq. */
  readonly #addedBy = new Map<string, string[]>()
  /** Changes looked up or added, by actor, in the order of their operations; only those that have any. */
  readonly #withOps = new Map<string, DecodedChange[]>()
  #lastOp: number
  readonly #places = new Map<string, Place>([['_root', ROOT]])

  constructor(base: KnownHistory) {
    this.#base = base
    this.#lastOp = base.lastOp()
  }

  /** Adds a change that was vetted against this history. */
  add(change: DecodedChange): void {
    this.#added.set(change.hash, change)
    const hashes = this.#addedBy.get(change.actor)
    if (hashes === undefined) this.#addedBy.set(change.actor, [change.hash])
    else hashes.push(change.hash)
    this.#lastOp = Math.max(this.#lastOp, lastOpOf(change))
    if (change.ops.length > 0) this.#keep(change)
  }

  hasChange(hash: string): boolean {
    return this.#added.has(hash) || this.#base.hasChange(hash)
  }

  maxOp(hash: string): number {
    const added = this.#added.get(hash)
    return added === undefined ? this.#base.maxOp(hash) : lastOpOf(added)
  }

  lastOp(): number {
    return this.#lastOp
  }

  lastSeq(actor: string): number {
    return this.#base.lastSeq(actor) + (this.#addedBy.get(actor)?.length ?? 0)
  }

  hashOf(actor: string, seq: number): string | undefined {
    const before = this.#base.lastSeq(actor)
    return seq <= before ? this.#base.hashOf(actor, seq) : this.#addedBy.get(actor)?.[seq - before - 1]
  }

  sees(hash: string, actor: string, seq: number): boolean {
    const open = [hash]
    const visited = new Set<string>()
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (visited.has(next)) continue
      visited.add(next)
      const added = this.#added.get(next)
      if (added === undefined) {
        if (this.#base.sees(next, actor, seq)) return true
        continue
      }
      if (added.actor === actor && added.seq >= seq) return true
      open.push(...added.deps)
    }
    return false
  }

  changeWithOp(counter: number, actor: string): DecodedChange | undefined {
    const kept = this.#withOps.get(actor) ?? []
    const candidate = kept[firstFrom(kept, counter + 1) - 1]
    if (candidate !== undefined && counter <= lastOpOf(candidate)) return candidate
    const found = this.#base.changeWithOp(counter, actor)
    if (found !== undefined) this.#keep(found)
    return found
  }

  /** @param at where it is expected to stand. */
  op(opId: string, at: Pick<DecodedOp, 'obj' | 'key'>): KnownOp | undefined {
    const { counter, actor } = parseOpId(opId)
    // The base does not know what this batch has overwritten, which is no matter: the operation has been there.
    const atHand = this.#base.opAtHand?.(opId, at)
    if (atHand !== undefined) return atHand
    const change = this.changeWithOp(counter, actor)
    const op = change === undefined ? undefined : opsOf(change)[counter - change.startOp]
    return change === undefined || op === undefined ? undefined : { op, change }
  }

  /** The place of an object that a known change has made. */
  placeOf(objectId: string): Place | undefined {
    const kept = this.#places.get(objectId)
    if (kept !== undefined) return kept
    const maker = this.op(objectId, NOWHERE)?.op
    const parent = maker === undefined ? undefined : this.placeOf(maker.obj)
    const place = maker === undefined || parent === undefined ? undefined : placeMadeBy(maker, parent)
    if (place !== undefined) this.#places.set(objectId, place)
    return place
  }

  #keep(change: DecodedChange): void {
    const kept = this.#withOps.get(change.actor)
    if (kept === undefined) this.#withOps.set(change.actor, [change])
    else kept.splice(firstFrom(kept, change.startOp), 0, change)
  }
}

/** The place of the object that an operation makes; undefined if it makes none. */
export function placeMadeBy(op: Pick<DecodedOp, 'action' | 'key'>, parent: Place): Place | undefined {
  const kind = KIND_MADE.get(op.action)
  const rootKey = parent.rootKey ?? op.key
  return kind === undefined || rootKey === undefined ? undefined : { kind, depth: parent.depth + 1, rootKey }
}

const lastOpOf = (change: DecodedChange): number => change.startOp + change.ops.length - 1

/** Index of the first change that starts at `counter` or later. */
function firstFrom(changes: readonly DecodedChange[], counter: number): number {
  let low = 0
  let high = changes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((changes[middle]?.startOp ?? 0) < counter) low = middle + 1
    else high = middle
  }
  return low
}
