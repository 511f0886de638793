/**
 * Writes an Automerge change for a semantic change, at the causal point that its author saw (W7): the server
 * is the only one that can do so, and forged history is impossible.
 */

import type { Origin } from '../../shared/record/origin.ts'
import { serverActor } from '../../shared/record/server-actor.ts'
import type { PlanSteps } from './plan-steps.ts'
import type { AuthoredChange, Writing } from './record-document.ts'
import type { RecordDraft } from './record-draft.ts'

export interface Authoring {
  readonly actor: string
  /** Heads that the author saw; null for everything there is. */
  readonly saw: readonly string[] | null
  /** When the author made it, ISO 8601. */
  readonly at: string
  readonly message: string | undefined
}

/** The actor of the server's own settling changes. No client may write under it. */
export const settleActor = ({ storageId }: RecordDraft): string =>
  serverActor(JSON.stringify(['settle', storageId]))

/** Makes the change on the draft's document, which is to take it in then; null if it has nothing to write. */
export function authorChange(
  draft: RecordDraft,
  authoring: Authoring,
  write: Writing,
): PlanSteps<AuthoredChange | null> {
  const { actor, saw, at, message } = authoring
  const made = {
    actor,
    seq: draft.graph.lastSeq(actor) + 1,
    startOp: draft.lastOp + 1,
    at: saw === null ? null : withGenesis(draft, saw),
    time: Math.floor(Date.parse(at) / 1000),
    message,
  }
  return draft.doc.author(made, write)
}

/**
 * The actor for a semantic change of this author. Automerge demands that an actor's changes follow one
 * another, so an author who writes at a point where he had not seen his own earlier writes gets another one. A store
 * that has been restored has other actors, or it would number its changes as those that it has lost (S9).
 */
export function semanticActor(draft: RecordDraft, origin: Origin, saw: readonly string[] | null): string {
  const seen = draft.graph.clockAt(saw ?? draft.heads)
  for (let branch = 0; ; branch++) {
    const actor = serverActor(
      JSON.stringify(['author', draft.storageId, origin.subject, origin.device, branch]),
    )
    if (draft.graph.lastSeq(actor) <= (seen.get(actor) ?? 0)) return actor
  }
}

/** Containers are part of every author's world (R2), even of one who saw the record before they were declared. */
function withGenesis(draft: RecordDraft, saw: readonly string[]): readonly string[] {
  const { graph, origin } = draft
  const seen = graph.clockAt(saw)
  const missing = origin.genesis
    .known(graph)
    .map((hash) => graph.node(hash))
    .filter((node) => node !== undefined && (seen.get(node.actor) ?? 0) < node.seq)
    .map((node) => node?.hash ?? '')
  return missing.length === 0 ? saw : [...saw, ...missing]
}
