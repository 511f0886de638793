/**
 * An open conflict as its document tells of it (C8), for those who have nothing but the document. It is written anew with
 * each further side, and all that was written stays in the history: so it tells of the newest sides, and leaves out what is
 * long. The whole conflict is in the inbox.
 */
import type { Conflict, Proposal, Side } from '../../shared/conflicts/conflict.ts'
import { standingSides } from '../../shared/conflicts/conflict.ts'
import type { Json, JsonObject } from '../../shared/json.ts'

/** Challengers that are told. */
const TOLD_MAX = 10

/** Characters of a value as JSON, or of a note, that is told. */
const LENGTH_MAX = 1_000

export function inBandText(conflict: Conflict): string {
  const { state, assignee, proposal, fields, kind, base, inForce, incumbent, openedAt } = conflict
  const others = standingSides(conflict).filter(({ id }) => id !== incumbent.id)
  return JSON.stringify({
    state,
    assignee,
    proposal: proposal === null ? null : told(proposal),
    fields,
    kind,
    ...ifShort('base', base),
    ...ifShort('inForce', inForce),
    incumbent: toldSide(incumbent),
    challengers: others.slice(-TOLD_MAX).map(toldSide),
    challengersInAll: others.length,
    openedAt,
  })
}

const toldSide = ({ id, operation, value, author, device, claimedAt, receivedAt }: Side): JsonObject => ({
  id,
  operation,
  ...ifShort('value', value),
  author,
  device,
  claimedAt,
  receivedAt,
})

const told = ({ id, choose, value, dismisses, note, author, at, approvals }: Proposal): JsonObject => ({
  id,
  choose,
  ...ifShort('value', value),
  dismisses,
  ...ifShort('note', note),
  author,
  at,
  approvals: approvals.map(({ author, at }) => ({ author, at })),
})

const ifShort = (name: string, value: Json): JsonObject =>
  JSON.stringify(value).length <= LENGTH_MAX ? { [name]: value } : {}
