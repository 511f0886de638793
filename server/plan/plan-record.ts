/**
 * The planner of a record's fields (W2): state and commands in, plan and next state out. Pure: the same
 * state, commands and context give the same plan, and the state it was given is left as it was.
 */

import type { RecordKey } from '../../shared/record/record-key.ts'
import { MAIN } from '../../shared/schema/compartments.ts'
import type { Authorizer } from '../auth/authorizer.ts'
import type { AutomergeLimits } from '../gate/automerge-gate.ts'
import { recordTableWrites } from '../projection/table-layout.ts'
import { executeCommand } from './execute-command.ts'
import { chainJournal, schemaDigest } from './journal-chain.ts'
import { conflictEvents, lostEdits } from './outbox-events.ts'
import { placed } from './placed.ts'
import type { ChainedEntry, CompartmentPlan, KeptAnswer, Plan } from './plan.ts'
import { blankPlan, laneOf } from './plan.ts'
import type { FieldResult, Keep, RecordCommand, RecordOutcome } from './record-command.ts'
import { RecordDraft } from './record-draft.ts'
import { encodeSnapshot, wantsSnapshot } from './record-snapshot.ts'
import type { RecordState } from './record-state.ts'
import { followDeletion, settle } from './settle.ts'
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
  for (const document of draft.documents) settle(document, context.at)
  followDeletion(draft, context.at)
  if (draft.entries.length === 0) {
    draft.discard()
    const plan = answers.length === 0 ? null : planOfAnswers(draft.origin, answers, context.at)
    return { plan, next: draft.origin, outcomes }
  }
  const main = finishDocument(draft)
  const others = draft.written.filter((one) => one !== draft).map(finishDocument)
  const grown = new Map([
    ...draft.origin.compartments,
    ...others.map(({ next }) => [next.compartment, next] as const),
  ])
  const next = { ...main.next, compartments: sortedByName(grown) }
  return { plan: toPlan(draft, [main, ...others], next, answers, context.at), next, outcomes }
}

/** What a plan makes of one document. */
interface FinishedDocument {
  readonly journal: readonly ChainedEntry[]
  readonly next: RecordState
  readonly snapshot: Uint8Array | null
}

function finishDocument(draft: RecordDraft): FinishedDocument {
  const { collection, version, chain, compartment } = draft.origin
  const head = { lane: laneOf(compartment), version, chain }
  const journal = chainJournal(head, draft.journal, schemaDigest(collection))
  const grown = { ...draft.finish(), chain: journal.at(-1)?.chain ?? chain }
  if (journal.length === 0 || !wantsSnapshot(grown)) return { journal, next: grown, snapshot: null }
  const snapshot = encodeSnapshot(grown)
  const mark = { version: grown.version, bytes: snapshot.byteLength, tailBytes: 0 }
  return { journal, next: { ...grown, snapshot: mark }, snapshot }
}

const sortedByName = (states: ReadonlyMap<string, RecordState>): ReadonlyMap<string, RecordState> =>
  states.size < 2 ? states : new Map([...states].sort(([a], [b]) => (a < b ? -1 : 1)))

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
  compartments: compartmentPlans(record, []),
  answers,
})

/** Under what the answer to a command is kept; null if it is not to be. */
export const keepOf = (command: RecordCommand): Keep | null =>
  command.type === 'write' || command.type === 'upload' || command.type === 'bury' ? command.keep : null

type RecordName = Pick<RecordState, 'key' | 'documentId' | 'version' | 'compartments'>

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

/** All that the record has and gets, so that the plan names the versions of all that it was made on (W3). */
function compartmentPlans(
  { compartments }: Pick<RecordState, 'compartments'>,
  finished: readonly FinishedDocument[],
): readonly CompartmentPlan[] {
  const untouched = [...compartments.values()].filter(
    ({ compartment }) => !finished.some(({ next }) => next.compartment === compartment),
  )
  return [
    ...untouched.map((state) => ({ ...state, expectedVersion: state.version, snapshot: null })),
    ...finished.map(({ journal, next, snapshot }) => ({
      ...next,
      expectedVersion: next.version - journal.length,
      snapshot,
    })),
  ].map(({ compartment, documentId, expectedVersion, snapshot }) => ({
    compartment,
    documentId,
    expectedVersion,
    snapshot,
  }))
}

/** Entries of all lanes in the order in which they were made: a replay meets them in it, and tells the same log. */
function inOrder({ entries }: RecordDraft, finished: readonly FinishedDocument[]): readonly ChainedEntry[] {
  const lanes = new Map(finished.map(({ journal, next }) => [next.compartment, journal.values()] as const))
  return entries.flatMap(({ compartment = MAIN }) => lanes.get(compartment)?.next().value ?? [])
}

function toPlan(
  draft: RecordDraft,
  finished: readonly [FinishedDocument, ...FinishedDocument[]],
  next: RecordState,
  answers: readonly KeptAnswer[],
  at: string,
): Plan {
  const view = viewOf(next)
  return {
    ...fieldsOf(draft.origin),
    compartments: compartmentPlans(draft.origin, finished.slice(1)),
    journal: inOrder(draft, finished),
    bindings: draft.newBindings,
    view,
    tables: recordTableWrites(next.collection, next.key, view, {
      createdAt: next.createdAt ?? at,
      updatedAt: draft.entries.at(-1)?.origin.receivedAt ?? at,
    }),
    fieldChanges: draft.lines,
    conflicts: [...draft.changedConflicts.values()],
    outbox: [...conflictEvents(draft), ...lostEdits(draft), ...draft.events],
    snapshot: finished[0].snapshot,
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
