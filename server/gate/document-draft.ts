/**
 * A document as it will be once the structs of an update are in it, without touching the document: the gate
 * looks up here what a struct builds on, whether the document has it or the update brings it.
 */
import * as Y from 'yjs'
import type { StructContent } from './struct-content.ts'
import type { StructId } from './update-decoder.ts'
import { endOf } from './update-decoder.ts'

/** Where items live: a type of the document, a type that the update brings, or the name of a new root. */
export type Parent = SharedType | Run | string

export type SharedType = NonNullable<ReturnType<Y.Doc['share']['get']>>

/** Consecutive ticks of one client that were written together. */
export interface Run extends StructId {
  readonly length: number
  readonly origin: StructId | null
  readonly rightOrigin: StructId | null
  /** Null for garbage: what once stood in a type that is deleted. It has no place any more. */
  readonly parent: Parent | null
  readonly parentSub: string | null
  /** Null for garbage and for what the document has. */
  readonly content: StructContent | null
  /** Null for garbage and for what the update brings. */
  readonly item: Y.Item | null
  /** Types around it; 0 in a root. Meaningful for what the update brings. */
  readonly depth: number
}

export const garbage = (client: number, clock: number, length: number): Run => ({
  client,
  clock,
  length,
  origin: null,
  rightOrigin: null,
  parent: null,
  parentSub: null,
  content: null,
  item: null,
  depth: 0,
})

export class DocumentDraft {
  readonly #doc: Y.Doc
  readonly #runs = new Map<number, Run[]>()

  constructor(doc: Y.Doc) {
    this.#doc = doc
  }

  /** The first clock of a client that the document lacks. */
  known(client: number): number {
    return Y.getState(this.#doc.store, client)
  }

  /** The first clock of a client that the draft lacks. */
  next(client: number): number {
    const last = this.#runs.get(client)?.at(-1)
    return last === undefined ? this.known(client) : endOf(last)
  }

  /** @throws RangeError if the run does not start where the client's ticks end so far. */
  add(run: Run): void {
    if (run.clock !== this.next(run.client)) throw new RangeError('a run leaves a hole')
    const runs = this.#runs.get(run.client)
    if (runs === undefined) this.#runs.set(run.client, [run])
    else runs.push(run)
  }

  /** Client id → its runs that the document lacks, in clock order. */
  get runs(): ReadonlyMap<number, readonly Run[]> {
    return this.#runs
  }

  /** Structs that Yjs will hold of a client, before it merges any. */
  structCount(client: number): number {
    const known = this.#doc.store.clients.get(client)?.length ?? 0
    return known + (this.#runs.get(client)?.length ?? 0)
  }

  /** @throws RangeError for an id that the draft lacks. */
  find(id: StructId): Run {
    if (id.clock < this.known(id.client)) return runOf(Y.getItem(this.#doc.store, id))
    const runs = this.#runs.get(id.client) ?? []
    const run = runs[indexOfSpan(runs, id.clock)]
    if (run === undefined) throw new RangeError('an id beyond the draft')
    return run
  }

  /** The root type's items live under its object once the document has one, and under its name before. */
  root(name: string): Parent {
    return this.#doc.share.get(name) ?? name
  }

  hasRoot(name: string): boolean {
    return this.#doc.share.has(name)
  }
}

function runOf(struct: Y.Item | Y.GC): Run {
  const { client, clock } = struct.id
  if (!(struct instanceof Y.Item)) return garbage(client, clock, struct.length)
  const parent = struct.parent instanceof Y.AbstractType ? struct.parent : null
  const { length, origin, rightOrigin, parentSub } = struct
  return {
    client,
    clock,
    length,
    origin,
    rightOrigin,
    parent,
    parentSub,
    content: null,
    item: struct,
    depth: 0,
  }
}

export const sameId = (a: StructId | null, b: StructId | null): boolean =>
  a === b || (a !== null && b !== null && a.client === b.client && a.clock === b.clock)

/** Of spans in clock order, where the one stands that holds a clock; -1 if none does. */
export function indexOfSpan(
  spans: readonly { readonly clock: number; readonly length: number }[],
  clock: number,
): number {
  let low = 0
  let high = spans.length - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const span = spans[middle]
    if (span === undefined || span.clock > clock) high = middle - 1
    else if (endOf(span) <= clock) low = middle + 1
    else return middle
  }
  return -1
}
