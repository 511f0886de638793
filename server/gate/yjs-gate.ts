/**
 * The gate for Yjs updates of untrusted clients (W6). Yjs believes what it reads: seven bytes make a document
 * unloadable for ever, a write at a victim's next clock drops the victim's edit without a trace, and a throw
 * leaves a document half-changed. So an update is decoded and judged here, in time proportional to its own
 * size, and only then shown to Yjs.
 */
import type * as Y from 'yjs'
import { Budget, BudgetExhausted } from './budget.ts'
import { visitInCausalOrder } from './causal-order.ts'
import { CharacterSplits } from './character-splits.ts'
import { ContentRules, depthInside } from './content-rules.ts'
import { countDeletions } from './count-deletions.ts'
import type { Run } from './document-draft.ts'
import { DocumentDraft, garbage } from './document-draft.ts'
import { placeOf, samePlace } from './item-place.ts'
import { OrderDraft } from './order-draft.ts'
import type { DeleteRange, StructId, WireStruct } from './update-decoder.ts'
import { decodeUpdate, endOf } from './update-decoder.ts'
import type { UpdateRefusal, UpdateVerdict } from './update-verdict.ts'
import { foreignClient, gap, refused } from './update-verdict.ts'
import type { YjsLimits } from './yjs-limits.ts'
import { lightYjsLimits } from './yjs-limits.ts'

export type { UpdateRefusal, UpdateVerdict } from './update-verdict.ts'
export type { YjsLimits } from './yjs-limits.ts'
export { defaultYjsLimits } from './yjs-limits.ts'

export interface YjsRules {
  /** The names of the record's text fields. */
  readonly roots: ReadonlySet<string>
  /** Whether the sender may write as this Yjs client id (R5). Asked at most once for each id. */
  readonly mayWriteAs: (client: number) => boolean
  readonly limits: YjsLimits
}

/**
 * Says whether a V1 update may be applied. It is honest, as far as a server can tell: applying it does not
 * throw, leaves nothing pending, keeps the document loadable, and converges on all replicas. The document is
 * not changed, nor are its roots given a type (R6).
 *
 * Structs that the document has are passed over whoever wrote them, as Yjs does, and so their content is not
 * compared with the document's: store and relay what the document emits when the update is applied, never the
 * client's own bytes, which may tell a replica that lacks those structs another story.
 *
 * On several nodes, the structs that a `foreign` verdict complains of may be their author's own, accepted
 * elsewhere: catch up before believing it.
 */
export function vetUpdate(doc: Y.Doc, update: Uint8Array, rules: YjsRules): UpdateVerdict {
  try {
    return judge(doc, update, rules)
  } catch (error) {
    if (error instanceof BudgetExhausted) return refused(error.message)
    throw error
  }
}

/** Like `vetUpdate`, but null for an update that may hold the thread: here, or in Yjs when it is applied. */
export function vetLightUpdate(doc: Y.Doc, update: Uint8Array, rules: YjsRules): UpdateVerdict | null {
  if (update.byteLength > lightYjsLimits.updateBytesMax) return null
  try {
    return judge(doc, update, { ...rules, limits: { ...rules.limits, ...lightYjsLimits } })
  } catch (error) {
    if (error instanceof BudgetExhausted) return null
    throw error
  }
}

/** @throws BudgetExhausted */
function judge(doc: Y.Doc, update: Uint8Array, rules: YjsRules): UpdateVerdict {
  if (update.byteLength > rules.limits.updateBytesMax)
    return refused(`an update of ${update.byteLength} bytes, more than ${rules.limits.updateBytesMax}`)
  const decoded = decodeUpdate(update, rules.limits)
  if (!decoded.ok) return refused(`byte ${decoded.at}: ${decoded.reason}`)
  const { sections, deletes } = decoded.value
  const vetting = new Vetting(doc, rules)
  const refusal = visitInCausalOrder(
    sections,
    (struct) => vetting.lacking(struct),
    (struct) => vetting.visit(struct),
  )
  return refusal ?? vetting.vetDeletes(deletes)
}

class Vetting {
  readonly #doc: Y.Doc
  readonly #rules: YjsRules
  readonly #draft: DocumentDraft
  readonly #contents: ContentRules
  readonly #order: OrderDraft
  readonly #splits: CharacterSplits
  readonly #writers = new Map<number, boolean>()

  constructor(doc: Y.Doc, rules: YjsRules) {
    this.#doc = doc
    this.#rules = rules
    this.#draft = new DocumentDraft(doc)
    this.#contents = new ContentRules(rules.limits.typeDepthMax)
    this.#order = new OrderDraft(this.#draft, rules.limits)
    this.#splits = new CharacterSplits(this.#draft)
  }

  /** The client of which the struct builds on more than there is so far. */
  lacking(struct: WireStruct): number | null {
    const { origin, rightOrigin, parent } = struct
    // A skip, which `mergeUpdates` writes for a stretch that it was not given, needs the document to have it.
    const start = struct.kind === 'skip' ? endOf(struct) : struct.clock
    if (start > this.#draft.next(struct.client)) return struct.client
    if (origin !== null && this.#lacks(origin)) return origin.client
    if (rightOrigin !== null && this.#lacks(rightOrigin)) return rightOrigin.client
    return typeof parent !== 'string' && parent !== null && this.#lacks(parent) ? parent.client : null
  }

  #lacks(id: StructId): boolean {
    return id.clock >= this.#draft.next(id.client)
  }

  visit(struct: WireStruct): UpdateRefusal | null {
    const known = this.#draft.known(struct.client)
    const toldFault =
      this.#rootFault(struct, known) ?? (struct.clock < known ? this.#retoldFault(struct) : null)
    if (toldFault !== null) return refused(toldFault, struct.client)
    if (endOf(struct) <= known) return null
    if (!this.#mayWriteAs(struct.client)) return foreignClient(struct.client)
    const run = this.#runOf(struct, Math.max(struct.clock, known))
    if ('fault' in run) return refused(run.fault, struct.client)
    if (run.parent !== null) {
      const fault = this.#contents.check(run)
      if (fault !== null) return refused(fault, struct.client)
      if (!this.#order.place(run))
        return refused('the origins of an item were never neighbours', struct.client)
    }
    this.#draft.add(run)
    return null
  }

  /** Yjs creates the root that a struct names, even if it has the struct. */
  #rootFault({ parent, clock }: WireStruct, known: number): string | null {
    if (typeof parent !== 'string' || this.#rules.roots.has(parent)) return null
    if (clock < known && this.#draft.hasRoot(parent)) return null
    return `${JSON.stringify(parent)} is no text field of this record`
  }

  /** What is left of a struct from a clock on, and where it stands. */
  #runOf(struct: WireStruct, clock: number): Run | { readonly fault: string } {
    const { client, content } = struct
    const length = endOf(struct) - clock
    if (content === null) return garbage(client, clock, length)
    const place = placeOf(struct, this.#draft)
    if ('fault' in place) return place
    let { origin } = struct
    if (clock > struct.clock) {
      origin = { client, clock: clock - 1 }
      // Yjs links the rest behind the part it has, in the list that the struct claims.
      if (!samePlace(place, this.#draft.find(origin)))
        return { fault: 'the rest of a struct stands in another list than its start' }
    }
    const { parent, parentSub } = place
    if (parent === null) return garbage(client, clock, length)
    const { rightOrigin } = struct
    const depth = content.kind === 'type' ? depthInside(parent, this.#rules.limits.typeDepthMax) : 0
    return { client, clock, length, origin, rightOrigin, parent, parentSub, content, item: null, depth }
  }

  /** Checks a struct, or the start of one, that the document has. */
  #retoldFault(struct: WireStruct): string | null {
    for (const id of [struct.origin, struct.rightOrigin, struct.parent])
      if (typeof id === 'object' && id !== null && id.clock >= this.#draft.known(id.client))
        return 'a known struct builds on an unknown one'
    this.#order.retell(struct)
    this.#splits.tell(struct)
    return null
  }

  #mayWriteAs(client: number): boolean {
    const known = this.#writers.get(client)
    if (known !== undefined) return known
    const may = this.#rules.mayWriteAs(client)
    this.#writers.set(client, may)
    return may
  }

  /** The verdict on an update whose structs have passed. */
  vetDeletes(deletes: readonly DeleteRange[]): UpdateVerdict {
    const { runs } = this.#draft
    const deletions = new Budget(this.#rules.limits.deletedItemsMax, 'it deletes too much at once')
    let empty = runs.size === 0
    for (const range of deletes) {
      if (endOf(range) > this.#draft.next(range.client))
        return gap(`structs of client ${range.client} that are to be deleted are missing`, range.client)
      const deleted = countDeletions(this.#doc, range, deletions)
      if (deleted === 0 && endOf(range) <= this.#draft.known(range.client)) continue
      empty = false
      this.#order.delete(range)
    }
    for (const ofClient of runs.values()) this.#order.merge(ofClient)
    if (this.#splits.isUnfounded(deletes))
      return refused('a known struct is told to stand inside of a character')
    return { ok: true, empty, authors: [...runs.keys()] }
  }
}
