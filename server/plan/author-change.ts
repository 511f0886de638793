/**
 * Writes an Automerge change for a semantic change, at the causal point that its author saw (W7): the server
 * is the only one that can do so, and forged history is impossible.
 */
import type { Clock } from '../../shared/causality/change-node.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { serverActor } from '../../shared/record/server-actor.ts'
import { BoundedMap } from '../bounded-map.ts'
import type { PlanSteps } from './plan-steps.ts'
import type { AuthoredChange, Writing } from './record-document.ts'
import type { RecordDraft } from './record-draft.ts'
import { valuesAt } from './values-at.ts'

export interface Authoring {
  readonly actor: string
  /** Heads that the author saw; null for everything there is. */
  readonly saw: readonly string[] | null
  /** When the author made it, ISO 8601. */
  readonly at: string
  readonly message: string | undefined
  /** Whether it is made even if it has nothing to write, for the heads that it joins. */
  readonly joins?: boolean
}

/** The actor of the server's own settling changes. No client may write under it. */
export const settleActor = ({ storageId }: RecordDraft): string =>
  actorNamed(JSON.stringify(['settle', storageId]))

const ACTOR_IDS_BYTES_MAX = 64 * 1024
/** What holding one takes, beside its name. */
const ACTOR_ID_BYTES = 128

/** Ids of those who have written lately: to hash a name takes longer than most of what a write does. */
const actorIds = new BoundedMap<string, string>(ACTOR_IDS_BYTES_MAX)

function actorNamed(name: string): string {
  const known = actorIds.find(name)
  if (known !== undefined) return known
  const id = serverActor(name)
  actorIds.keep(name, id, ACTOR_ID_BYTES + name.length)
  return id
}

/** Makes the change on the draft's document, which is to take it in then; null if it has nothing to write. */
export function authorChange(
  draft: RecordDraft,
  authoring: Authoring,
  write: Writing,
): PlanSteps<AuthoredChange | null> {
  const { actor, saw, at, message, joins = false } = authoring
  const heads = saw === null ? null : newest(draft, withGenesis(draft, saw))
  const made = {
    actor,
    seq: draft.graph.lastSeq(actor) + 1,
    startOp: draft.lastOp + 1,
    at: heads,
    valuesThere: () => valuesAt(draft, heads ?? draft.heads),
    time: Math.floor(Date.parse(at) / 1000),
    message,
    joins,
  }
  return draft.doc.author(made, write)
}

/** Without those that others of them have seen. */
const newest = ({ graph }: RecordDraft, heads: readonly string[]): readonly string[] =>
  heads.filter((head) => {
    const node = graph.node(head)
    return (
      node === undefined || !heads.some((other) => other !== head && graph.sees(other, node.actor, node.seq))
    )
  })

/** Under which actor a change is made, and at which point. */
export type Place = Pick<Authoring, 'actor' | 'saw'>

/**
 * The place of a semantic change of this author. Automerge demands that an actor's changes follow one
 * another, so an author who writes at a point where he had not seen his own earlier writes gets another actor. One who has
 * had very many goes on from those of his writes that had seen no more of others than he says to have seen now, or each
 * would be one more that all others compete with. A store that has been restored has other actors, or it would number its changes as those that it
 * has lost (S9).
 */
export function semanticPlace(draft: RecordDraft, origin: Origin, saw: readonly string[] | null): Place {
  const { graph, storageId } = draft
  const { subject, device } = origin
  const actorOf = (branch: number): string =>
    actorNamed(JSON.stringify(['author', storageId, subject, device, branch]))
  // He has seen everything, his own writes too.
  if (saw === null) return { actor: actorOf(0), saw }
  const heads = withGenesis(draft, saw)
  for (let branch = 0; branch < BRANCHES_TRIED; branch++) {
    const actor = actorOf(branch)
    if (graph.lastSeq(actor) <= graph.seqAt(heads, actor)) return { actor, saw }
  }
  const unused = firstUnused((branch) => graph.lastSeq(actorOf(branch)) > 0)
  if (unused < BRANCHES_MAX) return { actor: actorOf(unused), saw }
  const own = Array.from({ length: BRANCHES_MAX }, (_, index) => actorOf(unused - 1 - index))
  const seen = graph.clockAt(heads)
  const blind = own.filter((actor) => hasSeenNoMore(draft, actor, seen, own))
  const [actor = actorOf(unused)] = blind
  const written = blind.flatMap((one) => graph.hashOf(one, graph.lastSeq(one)) ?? [])
  return { actor, saw: [...saw, ...written] }
}

/** Whether an actor's last change has seen nothing but what others of the author's have written, and what he has seen. */
function hasSeenNoMore({ graph }: RecordDraft, actor: string, seen: Clock, own: readonly string[]): boolean {
  const last = graph.hashOf(actor, graph.lastSeq(actor))
  return (
    last !== undefined &&
    [...graph.clockAt([last])].every(([other, seq]) => own.includes(other) || (seen.get(other) ?? 0) >= seq)
  )
}

/** Of an author's actors, before they are looked for by halves. */
const BRANCHES_TRIED = 8

/** Actors of one author, before he goes on with one that he has had. */
const BRANCHES_MAX = 64

/** They are taken into use one after the other, so it is found by halves. */
function firstUnused(isUsed: (branch: number) => boolean): number {
  let [low, high] = [0, BRANCHES_TRIED]
  while (isUsed(high)) [low, high] = [high, high * 2]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (isUsed(middle)) low = middle
    else high = middle
  }
  return high
}

/** Containers are part of every author's world (R2), even of one who saw the record before they were declared. */
function withGenesis(draft: RecordDraft, saw: readonly string[]): readonly string[] {
  const { graph, origin } = draft
  const missing = origin.genesis
    .known(graph)
    .map((hash) => graph.node(hash))
    .filter((node) => node !== undefined && graph.seqAt(saw, node.actor) < node.seq)
    .map((node) => node?.hash ?? '')
  return missing.length === 0 ? saw : [...saw, ...missing]
}
