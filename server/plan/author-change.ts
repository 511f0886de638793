/**
 * Writes an Automerge change for a semantic change, at the causal point that its author saw (W7): the server
 * is the only one that can do so, and forged history is impossible.
 */

import type { DecodedChange } from '@automerge/automerge'
import * as Automerge from '@automerge/automerge'
import type { Origin } from '../../shared/record/origin.ts'
import { serverActor } from '../../shared/record/server-actor.ts'
import type { Target } from './apply-field-op.ts'
import type { RecordDoc } from './automerge-values.ts'
import type { RecordDraft } from './record-draft.ts'

export interface AuthoredChange {
  readonly bytes: Uint8Array
  readonly decoded: DecodedChange
}

export interface Authoring {
  readonly actor: string
  /** Heads that the author saw; null for everything there is. */
  readonly saw: readonly string[] | null
  /** When the author made it, ISO 8601. */
  readonly at: string
  readonly message: string | undefined
}

/** The actor of the server's own settling changes. No client may write under it. */
export const SETTLE_ACTOR = serverActor('settle')

/** Makes the change on the draft's document; null if it has nothing to write. */
export function authorChange(
  draft: RecordDraft,
  authoring: Authoring,
  write: (root: Target) => void,
): AuthoredChange | null {
  draft.writeAs(authoring.actor)
  const headsBefore = draft.heads
  const options = {
    time: Math.floor(Date.parse(authoring.at) / 1000),
    ...(authoring.message === undefined ? {} : { message: authoring.message }),
  }
  const saw = authoring.saw === null ? null : withGenesis(draft, authoring.saw)
  const bytes =
    saw === null || sameHeads(saw, headsBefore)
      ? changeNow(draft, headsBefore, options, write)
      : changeInThePast(draft, saw, options, write)
  return bytes === null ? null : { bytes, decoded: Automerge.decodeChange(bytes) }
}

type Options = Automerge.ChangeOptions<Record<string, unknown>>

function changeNow(
  draft: RecordDraft,
  headsBefore: readonly string[],
  options: Options,
  write: (root: Target) => void,
): Uint8Array | null {
  const doc = Automerge.change(draft.doc, options, write)
  draft.replaceDoc(doc)
  return sameHeads(headsBefore, draft.heads) ? null : lastChange(doc)
}

/**
 * The library's document shows list items twice after `changeAt` (observed on Automerge 3.5: its patches from the
 * past are applied on top of the present), so the change is made on a copy, and applied like one of a client's.
 */
function changeInThePast(
  draft: RecordDraft,
  saw: readonly string[],
  options: Options,
  write: (root: Target) => void,
): Uint8Array | null {
  const copy = Automerge.clone(draft.doc, { actor: Automerge.getActorId(draft.doc) })
  const { newDoc, newHeads } = Automerge.changeAt(copy, [...saw], options, write)
  const bytes = newHeads === null ? null : lastChange(newDoc)
  Automerge.free(newDoc)
  if (bytes !== null) draft.apply(bytes)
  return bytes
}

function lastChange(doc: RecordDoc): Uint8Array {
  const bytes = Automerge.getLastLocalChange(doc)
  if (bytes === undefined) throw new RangeError('a change without bytes')
  return bytes
}

/**
 * The actor for a semantic change of this author. Automerge demands that an actor's changes follow one
 * another, so an author who writes at a point where he had not seen his own earlier writes gets another one.
 */
export function semanticActor(draft: RecordDraft, origin: Origin, saw: readonly string[] | null): string {
  const seen = draft.graph.clockAt(saw ?? draft.heads)
  for (let branch = 0; ; branch++) {
    const actor = serverActor(JSON.stringify(['author', origin.subject, origin.device, branch]))
    if (draft.graph.lastSeq(actor) <= (seen.get(actor) ?? 0)) return actor
  }
}

/** Containers are part of every author's world (R2), even of one who saw the record before they were declared. */
function withGenesis(draft: RecordDraft, saw: readonly string[]): readonly string[] {
  const { graph, origin } = draft
  const seen = graph.clockAt(saw)
  const missing = origin.genesis
    .map(({ hash }) => graph.node(hash))
    .filter((node) => node !== undefined && (seen.get(node.actor) ?? 0) < node.seq)
    .map((node) => node?.hash ?? '')
  return missing.length === 0 ? saw : [...saw, ...missing]
}

const sameHeads = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((head) => b.includes(head))
