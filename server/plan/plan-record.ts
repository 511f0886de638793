/**
 * The planner of a record's fields (W2): state and commands in, plan and next state out. Pure: the same
 * state, commands and context give the same plan, and the state it was given is left as it was.
 */

import { MAIN } from '../../shared/schema/compartments.ts'
import type { Authorizer } from '../auth/authorizer.ts'
import type { AutomergeLimits } from '../gate/automerge-gate.ts'
import { hasChildTables, recordTableWrites } from '../projection/table-layout.ts'
import { isDecoded } from './execute-changes.ts'
import { executeCommands } from './execute-commands.ts'
import { chainJournal, schemaDigest } from './journal-chain.ts'
import { conflictEvents, lostEdits } from './outbox-events.ts'
import type { ChainedEntry, CompartmentPlan, KeptAnswer, Plan, RecordView } from './plan.ts'
import { blankPlan, laneOf } from './plan.ts'
import type { PlanSteps } from './plan-steps.ts'
import { atOnce } from './plan-steps.ts'
import type { RecordCommand, RecordOutcome } from './record-command.ts'
import { RecordDraft } from './record-draft.ts'
import type { RecordState } from './record-state.ts'
import { followDeletion, settle } from './settle.ts'
import { viewOf } from './view-of.ts'

export interface PlanContext {
  /** Now, ISO 8601. */
  readonly at: string
  readonly limits: AutomergeLimits
  readonly authorizer: Authorizer
  /** Of the store that is written to. */
  readonly storageId: string
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

/**
 * Plans all at once; see `planSteps`.
 * @throws whatever Automerge throws; nothing has been written then, and the state is as good as before.
 */
export function planRecord(
  state: RecordState,
  commands: readonly RecordCommand[],
  context: PlanContext,
): PlannedRecord {
  return atOnce(planSteps(state, commands, context))
}

/**
 * Plans in steps: what is light is one, and a large change takes several, between which others may have their turn (W6).
 * Nobody may read the state in between: its document moves on with the draft.
 */
export function* planSteps(
  state: RecordState,
  commands: readonly RecordCommand[],
  context: PlanContext,
): PlanSteps<PlannedRecord> {
  const draft = new RecordDraft(state, context.storageId)
  try {
    return yield* planDraft(draft, commands, context)
  } catch (error) {
    draft.discard()
    throw error
  }
}

function* planDraft(
  draft: RecordDraft,
  commands: readonly RecordCommand[],
  context: PlanContext,
): PlanSteps<PlannedRecord> {
  // Read first, since what it holds is dear to read once the document has moved on.
  const shown = hasChildTables(draft.origin.collection) ? viewOf(draft.origin) : null
  const { outcomes, answers } = yield* executeCommands(draft, commands, context)
  for (const document of draft.documents) settle(document, context.at)
  followDeletion(draft, context.at)
  if (draft.entries.length === 0) {
    draft.discard()
    const plan = answers.length === 0 ? null : planOfAnswers(draft.origin, answers, context.at)
    return { plan, next: draft.origin, outcomes }
  }
  const inSteps = isLarge(draft, commands)
  if (inSteps) yield
  const main = finishDocument(draft)
  const others = draft.written.filter((one) => one !== draft).map(finishDocument)
  const grown = new Map([
    ...draft.origin.compartments,
    ...others.map(({ next }) => [next.compartment, next] as const),
  ])
  const next = grown.size === 0 ? main.next : { ...main.next, compartments: sortedByName(grown) }
  if (inSteps) yield
  const plan = toPlan(draft, [main, ...others], { next, shown, answers, at: context.at })
  // The store is going to read all of it.
  if (inSteps) yield
  return { plan, next, outcomes }
}

/** What a plan makes of one document. */
interface FinishedDocument {
  readonly journal: readonly ChainedEntry[]
  readonly next: RecordState
}

function finishDocument(draft: RecordDraft): FinishedDocument {
  const { collection, version, chain, compartment } = draft.origin
  const head = { lane: laneOf(compartment), version, chain }
  const journal = chainJournal(head, draft.journal, schemaDigest(collection))
  return { journal, next: draft.finish(journal.at(-1)?.chain ?? chain) }
}

const sortedByName = (states: ReadonlyMap<string, RecordState>): ReadonlyMap<string, RecordState> =>
  states.size < 2 ? states : new Map([...states].sort(([a], [b]) => (a < b ? -1 : 1)))

/** What comes of it is more than goes into one step. */
const isLarge = (draft: RecordDraft, commands: readonly RecordCommand[]): boolean =>
  draft.entries.some(({ bytes }) => bytes.byteLength > LARGE_BYTES_MIN) ||
  commands.some((command) => command.type === 'changes' && isDecoded(command))

const LARGE_BYTES_MIN = 16 * 1024

/** Even a write that changes nothing keeps its answer, since repeated later it might change something. */
const planOfAnswers = (record: RecordName, answers: readonly KeptAnswer[], at: string): Plan => ({
  ...blankPlan({ at, ...fieldsOf(record) }),
  compartments: compartmentPlans(record, []),
  answers,
})

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
    ...untouched.map((state) => compartmentPlan(state, state.version)),
    ...finished.map(({ journal, next }) => compartmentPlan(next, next.version - journal.length)),
  ]
}

const compartmentPlan = (
  { compartment, documentId }: RecordState,
  expectedVersion: number,
): CompartmentPlan => ({ compartment, documentId, expectedVersion })

/** Entries of all lanes in the order in which they were made: a replay meets them in it, and tells the same log. */
function inOrder({ entries }: RecordDraft, finished: readonly FinishedDocument[]): readonly ChainedEntry[] {
  const lanes = new Map(finished.map(({ journal, next }) => [next.compartment, journal.values()] as const))
  return entries.flatMap(({ compartment = MAIN }) => lanes.get(compartment)?.next().value ?? [])
}

interface Finished {
  readonly next: RecordState
  /**
   * What the tables show: the plan is committed on this version or not at all (W3), and they show it (S2). Null if it
   * does not matter.
   */
  readonly shown: RecordView | null
  readonly answers: readonly KeptAnswer[]
  readonly at: string
}

function toPlan(
  draft: RecordDraft,
  finished: readonly [FinishedDocument, ...FinishedDocument[]],
  { next, shown, answers, at }: Finished,
): Plan {
  const stamps = {
    createdAt: next.createdAt ?? at,
    updatedAt: draft.entries.at(-1)?.origin.receivedAt ?? at,
  }
  const view = viewOf(next)
  return {
    compartments: compartmentPlans(draft.origin, finished.slice(1)),
    ...fieldsOf(draft.origin),
    journal: inOrder(draft, finished),
    bindings: draft.newBindings,
    view,
    tables: recordTableWrites(next.collection, next.key, view, stamps, shown),
    fieldChanges: draft.lines,
    conflicts: [...draft.changedConflicts.values()],
    outbox: [...conflictEvents(draft), ...lostEdits(draft), ...draft.events],
    answers,
    at,
  }
}
