/**
 * The planner of a record's fields (W2): state and commands in, plan and next state out. Pure: the same
 * state, commands and context give the same plan, and the state it was given is left as it was.
 */

import * as Automerge from '@automerge/automerge'
import type { Conflict } from '../../shared/conflicts/conflict.ts'
import { isOpen, standingSides } from '../../shared/conflicts/conflict.ts'
import type { Json } from '../../shared/json.ts'
import { DELETED_KEY } from '../../shared/record/reserved-keys.ts'
import type { AutomergeLimits } from '../gate/automerge-gate.ts'
import { recordTableWrites } from '../projection/table-layout.ts'
import { admitApplied } from './admit.ts'
import { readField } from './automerge-values.ts'
import { executeCommand, serverOrigin } from './execute-command.ts'
import type { KeptAnswer, OutboxEvent, Plan, RecordView } from './plan.ts'
import type { RecordCommand, RecordOutcome } from './record-command.ts'
import { RecordDraft } from './record-draft.ts'
import { encodeSnapshot, wantsSnapshot } from './record-snapshot.ts'
import type { RecordState } from './record-state.ts'
import { settle } from './settle.ts'

export interface PlanContext {
  /** Now, ISO 8601. */
  readonly at: string
  readonly limits: AutomergeLimits
}

export interface PlannedRecord {
  /** Null if there is nothing to write. */
  readonly plan: Plan | null
  readonly next: RecordState
  /** One per command, in their order. */
  readonly outcomes: readonly RecordOutcome[]
}

/** @throws whatever Automerge throws; nothing has been written then, and the state is as good as before. */
export function planRecord(
  state: RecordState,
  commands: readonly RecordCommand[],
  context: PlanContext,
): PlannedRecord {
  const draft = new RecordDraft(state)
  try {
    return planDraft(draft, commands, context)
  } catch (error) {
    draft.discard()
    throw error
  }
}

function planDraft(
  draft: RecordDraft,
  commands: readonly RecordCommand[],
  context: PlanContext,
): PlannedRecord {
  const outcomes = commands.map((command) => executeCommand(draft, command, context.limits))
  const settling = settle(draft, context.at)
  if (settling !== null) {
    const origin = serverOrigin({ receivedAt: context.at })
    const { bytes, decoded } = settling
    admitApplied(draft, { kind: 'settle', bytes, hash: decoded.hash, origin }, decoded, new Map())
  }
  if (draft.journal.length === 0) {
    draft.discard()
    return { plan: null, next: draft.origin, outcomes }
  }
  const grown = draft.finish()
  const snapshot = wantsSnapshot(grown) ? encodeSnapshot(grown) : null
  const next =
    snapshot === null
      ? grown
      : { ...grown, snapshot: { version: grown.version, bytes: snapshot.byteLength, tailBytes: 0 } }
  const answers = commands.flatMap((command, index) => keptAnswer(command, outcomes[index]))
  return { plan: toPlan(draft, next, snapshot, answers, context.at), next, outcomes }
}

function toPlan(
  draft: RecordDraft,
  next: RecordState,
  snapshot: Uint8Array | null,
  answers: readonly KeptAnswer[],
  at: string,
): Plan {
  const view = viewOf(next)
  const conflicts = [...draft.disputed].flatMap((field) => draft.conflicts.get(field) ?? [])
  return {
    key: next.key,
    documentId: next.documentId,
    lane: 'fields',
    expectedVersion: draft.origin.version,
    journal: draft.journal,
    bindings: draft.newBindings,
    view,
    tables: recordTableWrites(next.collection, next.key, view, {
      createdAt: next.createdAt ?? at,
      updatedAt: draft.journal.at(-1)?.origin.receivedAt ?? at,
    }),
    fieldChanges: draft.lines,
    conflicts,
    outbox: conflicts.map(conflictEvent),
    snapshot,
    answers,
    at,
  }
}

/** The record as readers see it. */
export function viewOf(state: RecordState): RecordView {
  const fields: Record<string, Json> = {}
  for (const [field, spec] of state.collection.fields) {
    const value = readField(spec, state.doc[field])
    fields[field] = value ?? spec.default ?? null
  }
  const disputed: Record<string, { conflictId: string; challengers: number }> = {}
  for (const [field, conflict] of state.conflicts) {
    if (!isOpen(conflict)) continue
    const challengers = standingSides(conflict).length - 1 - conflict.alongside.length
    disputed[field] = { conflictId: conflict.id, challengers }
  }
  return { heads: Automerge.getHeads(state.doc), fields, disputed, deleted: state.doc[DELETED_KEY] === true }
}

const conflictEvent = (conflict: Conflict): OutboxEvent => ({
  event: `conflict.${conflict.state === 'open' && conflict.challengers.length > 1 ? 'challenged' : conflict.state}`,
  payload: { conflictId: conflict.id, fields: [...conflict.fields], state: conflict.state },
})

function keptAnswer(command: RecordCommand, outcome: RecordOutcome | undefined): readonly KeptAnswer[] {
  if (command.type !== 'write' || command.keep === null || outcome?.ok !== true) return []
  const outcomes: Json = Object.fromEntries(
    Object.entries(outcome.fields).map(([field, { outcome: became, reason, conflictId }]) => [
      field,
      { outcome: became, reason, conflictId },
    ]),
  )
  return [{ ...command.keep, body: { outcomes } }]
}
