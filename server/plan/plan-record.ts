/**
 * The planner of a record's fields (W2): state and commands in, plan and next state out. Pure: the same
 * state, commands and context give the same plan, and the state it was given is left as it was.
 */

import type { RecordKey } from '../../shared/record/record-key.ts'
import type { Authorizer } from '../auth/authorizer.ts'
import type { AutomergeLimits } from '../gate/automerge-gate.ts'
import { recordTableWrites } from '../projection/table-layout.ts'
import { executeCommand } from './execute-command.ts'
import { chainJournal, schemaDigest } from './journal-chain.ts'
import { conflictEvents, lostEdits } from './outbox-events.ts'
import { placed } from './placed.ts'
import type { KeptAnswer, Plan } from './plan.ts'
import { blankPlan } from './plan.ts'
import type { FieldResult, Keep, RecordCommand, RecordOutcome } from './record-command.ts'
import { RecordDraft } from './record-draft.ts'
import { encodeSnapshot, wantsSnapshot } from './record-snapshot.ts'
import type { RecordState } from './record-state.ts'
import { settle } from './settle.ts'
import { viewOf } from './view-of.ts'

export interface PlanContext {
  /** Now, ISO 8601. */
  readonly at: string
  readonly limits: AutomergeLimits
  readonly authorizer: Authorizer
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
  settle(draft, context.at)
  if (draft.journal.length === 0) {
    draft.discard()
    const plan = answers.length === 0 ? null : planOfAnswers(draft.origin, answers, context.at)
    return { plan, next: draft.origin, outcomes }
  }
  const { collection, version, chain } = draft.origin
  const journal = chainJournal({ lane: 'fields', version, chain }, draft.journal, schemaDigest(collection))
  const grown = { ...draft.finish(), chain: journal.at(-1)?.chain ?? chain }
  const snapshot = wantsSnapshot(grown) ? encodeSnapshot(grown) : null
  const next =
    snapshot === null
      ? grown
      : { ...grown, snapshot: { version: grown.version, bytes: snapshot.byteLength, tailBytes: 0 } }
  return { plan: toPlan(draft, journal, next, snapshot, answers, context.at), next, outcomes }
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
    const keep = keepOf(command)
    const earlier = keep === null ? undefined : answered.find((answer) => isAnswerTo(keep, answer))
    if (earlier !== undefined)
      return {
        ok: true,
        fields: {},
        wrote: [],
        conflict: null,
        refused: [],
        orphans: [],
        missing: [],
        earlier,
      }
    const outcome = executeCommand(draft, placed(draft, command, answered), context)
    if (keep !== null && outcome.ok) {
      const answer = { ...keep, body: keptBody(draft.origin.key, outcome) }
      answers.push(answer)
      answered.push(answer)
    }
    return outcome
  })
  return { outcomes, answers }
}

/** Even a write that changes nothing keeps its answer, since repeated later it might change something. */
const planOfAnswers = (record: RecordName, answers: readonly KeptAnswer[], at: string): Plan => ({
  ...blankPlan({ ...fieldsOf(record), at }),
  answers,
})

/** Under what the answer to a command is kept; null if it is not to be. */
export const keepOf = (command: RecordCommand): Keep | null =>
  command.type === 'write' || command.type === 'upload' || command.type === 'bury' ? command.keep : null

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
  journal: Plan['journal'],
  next: RecordState,
  snapshot: Uint8Array | null,
  answers: readonly KeptAnswer[],
  at: string,
): Plan {
  const view = viewOf(next)
  return {
    ...fieldsOf(draft.origin),
    journal,
    bindings: draft.newBindings,
    view,
    tables: recordTableWrites(next.collection, next.key, view, {
      createdAt: next.createdAt ?? at,
      updatedAt: draft.journal.at(-1)?.origin.receivedAt ?? at,
    }),
    fieldChanges: draft.lines,
    conflicts: [...draft.changedConflicts.values()],
    outbox: [...conflictEvents(draft), ...lostEdits(draft), ...draft.events],
    snapshot,
    answers,
    at,
  }
}

type AnswerName = Pick<KeptAnswer, 'tenant' | 'subject' | 'key'>

const isAnswerTo = (keep: AnswerName, answer: AnswerName): boolean =>
  answer.key === keep.key && answer.subject === keep.subject && answer.tenant === keep.tenant

const keptBody = (
  { collection, id }: RecordKey,
  {
    fields,
    wrote,
  }: { readonly fields: Readonly<Record<string, FieldResult>>; readonly wrote: readonly string[] },
): KeptAnswer['body'] => ({
  collection,
  id,
  wrote,
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
