/**
 * The planner of a record's fields (W2): state and commands in, plan and next state out. Pure: the same
 * state, commands and context give the same plan, and the state it was given is left as it was.
 */

import type { Conflict } from '../../shared/conflicts/conflict.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { AutomergeLimits } from '../gate/automerge-gate.ts'
import { recordTableWrites } from '../projection/table-layout.ts'
import { admitApplied } from './admit.ts'
import { executeCommand } from './execute-command.ts'
import type { KeptAnswer, OutboxEvent, Plan } from './plan.ts'
import { blankPlan } from './plan.ts'
import type { FieldResult, RecordCommand, RecordOutcome } from './record-command.ts'
import { RecordDraft } from './record-draft.ts'
import { encodeSnapshot, wantsSnapshot } from './record-snapshot.ts'
import type { RecordState } from './record-state.ts'
import { serverOrigin } from './server-origin.ts'
import { settle } from './settle.ts'
import { viewOf } from './view-of.ts'

export interface PlanContext {
  /** Now, ISO 8601. */
  readonly at: string
  readonly limits: AutomergeLimits
  /** Answers that were kept before under idempotency keys of these commands. */
  readonly answered?: readonly KeptAnswer[]
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
  const { outcomes, answers } = executeCommands(draft, commands, context)
  const settling = settle(draft, context.at)
  if (settling !== null) {
    const origin = serverOrigin({ receivedAt: context.at })
    const { bytes, decoded } = settling
    admitApplied(draft, { kind: 'settle', bytes, hash: decoded.hash, origin }, decoded, new Map())
  }
  if (draft.journal.length === 0) {
    draft.discard()
    const isEmpty = answers.length === 0 && draft.lines.length === 0
    const plan = isEmpty ? null : planWithoutChange(draft.origin, draft.lines, answers, context.at)
    return { plan, next: draft.origin, outcomes }
  }
  const grown = draft.finish()
  const snapshot = wantsSnapshot(grown) ? encodeSnapshot(grown) : null
  const next =
    snapshot === null
      ? grown
      : { ...grown, snapshot: { version: grown.version, bytes: snapshot.byteLength, tailBytes: 0 } }
  return { plan: toPlan(draft, next, snapshot, answers, context.at), next, outcomes }
}

/** A command whose idempotency key has been answered, before or in this very batch, is not carried out again. */
function executeCommands(
  draft: RecordDraft,
  commands: readonly RecordCommand[],
  context: PlanContext,
): { readonly outcomes: readonly RecordOutcome[]; readonly answers: readonly KeptAnswer[] } {
  const answered = [...(context.answered ?? [])]
  const answers: KeptAnswer[] = []
  const outcomes = commands.map((command): RecordOutcome => {
    const keep = command.type === 'write' || command.type === 'upload' ? command.keep : null
    const earlier = keep === null ? undefined : answered.find((answer) => isAnswerTo(keep, answer))
    if (earlier !== undefined)
      return { ok: true, fields: {}, conflict: null, refused: [], orphans: [], earlier }
    const outcome = executeCommand(draft, command, context.limits)
    if (keep !== null && outcome.ok) {
      const answer = { ...keep, body: keptBody(draft.origin.key, outcome.fields) }
      answers.push(answer)
      answered.push(answer)
    }
    return outcome
  })
  return { outcomes, answers }
}

/**
 * A plan that leaves the record as it is: even a write that changes nothing keeps its answer, since repeated
 * later it might change something, and a rejected one is logged.
 */
export const planWithoutChange = (
  record: RecordName,
  fieldChanges: Plan['fieldChanges'],
  answers: readonly KeptAnswer[],
  at: string,
): Plan => ({
  ...blankPlan({ ...fieldsOf(record), at }),
  fieldChanges,
  answers,
})

type RecordName = Pick<RecordState, 'key' | 'documentId' | 'version'>

const fieldsOf = ({
  key,
  documentId,
  version,
}: RecordName): Pick<Plan, 'key' | 'documentId' | 'lane' | 'expectedVersion'> => ({
  key,
  documentId,
  lane: 'fields',
  expectedVersion: version,
})

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
    ...fieldsOf(draft.origin),
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

const conflictEvent = (conflict: Conflict): OutboxEvent => ({
  event: `conflict.${conflict.state === 'open' && conflict.challengers.length > 1 ? 'challenged' : conflict.state}`,
  payload: { conflictId: conflict.id, fields: [...conflict.fields], state: conflict.state },
})

type AnswerName = Pick<KeptAnswer, 'tenant' | 'subject' | 'key'>

const isAnswerTo = (keep: AnswerName, answer: AnswerName): boolean =>
  answer.key === keep.key && answer.subject === keep.subject && answer.tenant === keep.tenant

export const keptBody = (
  { collection, id }: RecordKey,
  fields: Readonly<Record<string, FieldResult>>,
): KeptAnswer['body'] => ({
  collection,
  id,
  outcomes: Object.fromEntries(
    Object.entries(fields).map(([field, { outcome, reason, conflictId, code, isWarning }]) => [
      field,
      {
        outcome,
        reason,
        conflictId,
        ...(code === undefined ? {} : { code }),
        ...(isWarning === undefined ? {} : { isWarning }),
      },
    ]),
  ),
})
