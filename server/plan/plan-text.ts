/**
 * The planner of a record's text (W2, W6): vets Yjs updates against the document, applies what passes, and
 * says what one commit will write. The document moves on with the plan, because the next update builds on
 * the one before; if the commit finds that the record has moved on elsewhere, the state is thrown away.
 */
import * as Y from 'yjs'
import type { SluiceError } from '../../shared/errors/error-table.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { TriedText } from '../gate/text-trial.ts'
import type { TypedDocument } from '../gate/typed-document.ts'
import type { YjsLimits } from '../gate/yjs-gate.ts'
import { lightYjsLimits } from '../gate/yjs-limits.ts'
import type { Erasure } from './erasure.ts'
import type { JoinedTyping } from './join-typing.ts'
import { joinTyping } from './join-typing.ts'
import { chainJournal } from './journal-chain.ts'
import type { JournalEntry, Plan } from './plan.ts'
import { blankPlan } from './plan.ts'
import type { Written } from './text-planning.ts'
import { refuseErased, TextPlanning } from './text-planning.ts'

export interface TextState {
  readonly key: RecordKey
  readonly documentId: string
  /** With which the present epoch began; null for the first one (E2). */
  readonly erasure: Erasure | null
  /** Who wrote in the epochs before. */
  readonly erasedClients: ReadonlySet<number>
  /** Journal entries of the text lane. */
  readonly version: number
  /** Of the newest of them (S7). */
  readonly chain: string
  readonly document: TypedDocument
  /** Yjs client id → subject (R5). */
  readonly bindings: ReadonlyMap<string, string>
  /** Bytes of snapshot and updates that the document was made from, for memory accounting. */
  readonly bytes: number
}

export interface TextCommand {
  readonly update: Uint8Array
  readonly origin: Origin
  /** Why its author may write nothing; null if he may. What the document has already is no write. */
  readonly denial: SluiceError | null
}

export type TextOutcome =
  | { readonly status: 'applied' }
  /** The update builds on something that the server lacks: ask the client to synchronise. */
  | { readonly status: 'gap' }
  | { readonly status: 'refused'; readonly error: SluiceError }

export interface PlannedText {
  readonly plan: Plan | null
  readonly next: TextState
  readonly outcomes: readonly TextOutcome[]
}

export interface TextPlanContext {
  readonly at: string
  readonly limits: YjsLimits
  /** The collection's text fields. */
  readonly texts: readonly string[]
  /**
   * The subject that is present under a Yjs client id. Presence shows an id before its first edit: without
   * this, another could write under it first and so take it over (R5).
   */
  readonly presentAs: (client: number) => string | undefined
  /**
   * Tries an update that may take long on a copy of the document, somewhere else (W6).
   * @param accepted what this plan has added to the stored document so far.
   * @throws SluiceError `too_costly` or `too_many`; the update is refused with it.
   */
  readonly tryText: (update: Uint8Array, accepted: readonly Uint8Array[]) => Promise<TriedText>
  /**
   * Runs a part of the work when its turn has come, so that others have theirs between two of them (W6): what has come
   * of one commit's updates may take a tenth of a second together.
   */
  readonly inTurn: <T>(work: () => T) => Promise<T>
}

/** More are planned in turns, whatever they are. */
const AT_ONCE_MAX = 16

/** At once if there is nothing in it but a little that people go on typing; else it waits for its turns, and for trials. */
export function planText(
  state: TextState,
  commands: readonly TextCommand[],
  context: TextPlanContext,
): PlannedText | Promise<PlannedText> {
  if (state.erasure?.allowNew === false)
    return { plan: null, next: state, outcomes: commands.map(refuseErased) }
  const planning = new TextPlanning(state, context)
  if (commands.length > AT_ONCE_MAX) return planInTurns(state, commands, planning, context)
  const untyped = takeTyping(commands, planning)
  return untyped.runs.length + untyped.rest.length === 0
    ? plannedText(state, commands, planning, context)
    : planRest(state, commands, untyped, planning, context)
}

/** @returns what is left. */
function takeTyping(commands: readonly TextCommand[], planning: TextPlanning): JoinedTyping {
  const [only] = commands
  if (only !== undefined && commands.length === 1)
    return { runs: [], rest: planning.takeTyping({ commands, update: only.update }) ? [] : commands }
  const { runs, rest } = joinTyping(commands)
  return { runs: runs.filter((run) => !planning.takeTyping(run)), rest }
}

async function planInTurns(
  state: TextState,
  commands: readonly TextCommand[],
  planning: TextPlanning,
  context: TextPlanContext,
): Promise<PlannedText> {
  const untyped = await context.inTurn(() => takeTyping(commands, planning))
  return planRest(state, commands, untyped, planning, context)
}

async function planRest(
  state: TextState,
  commands: readonly TextCommand[],
  { runs, rest }: JoinedTyping,
  planning: TextPlanning,
  context: TextPlanContext,
): Promise<PlannedText> {
  const untaken = new Set(rest)
  for (const run of runs)
    if (!(await context.inTurn(() => planning.takeTyped(run))))
      for (const command of run.commands) untaken.add(command)
  if (untaken.size > 0) for (const command of commands) if (untaken.has(command)) await planning.take(command)
  return context.inTurn(() => plannedText(state, commands, planning, context))
}

function plannedText(
  state: TextState,
  commands: readonly TextCommand[],
  planning: TextPlanning,
  context: TextPlanContext,
): PlannedText {
  const outcomes = commands.map((command) => planning.outcomeOf(command))
  if (planning.accepted.length === 0) return { plan: null, next: state, outcomes }
  return { outcomes, ...planOf(state, planning, context) }
}

function planOf(
  state: TextState,
  { accepted, bindings, newBindings }: TextPlanning,
  context: TextPlanContext,
): Pick<PlannedText, 'plan' | 'next'> {
  const { version, chain } = state
  const journal = chainJournal({ lane: 'text', version, chain }, runsOfSessions(accepted).map(toEntry), null)
  const { key, documentId } = state
  const blank = blankPlan({ key, documentId, lane: 'text', expectedVersion: version, at: context.at })
  const plan = { ...blank, journal, bindings: newBindings }
  const bytes = journal.reduce((sum, entry) => sum + entry.bytes.byteLength, state.bytes)
  const head = { version: version + journal.length, chain: journal.at(-1)?.chain ?? chain }
  return { plan, next: { ...state, ...head, bindings, bytes } }
}

/**
 * Neighbouring updates of one session belong together; the order of application stays. A large one stays by
 * itself, since merging would read it whole.
 */
function runsOfSessions(written: readonly Written[]): readonly Written[][] {
  const runs: Written[][] = []
  for (const one of written) {
    const run = runs.at(-1)
    const isJoined = run?.[0]?.origin.session === one.origin.session && !isLarge(one) && !isLarge(run[0])
    if (isJoined) run.push(one)
    else runs.push([one])
  }
  return runs
}

const isLarge = ({ bytes }: Written): boolean => bytes.byteLength > lightYjsLimits.updateBytesMax

/** What one session wrote, as one journal entry under its name. */
function toEntry(run: readonly Written[]): JournalEntry {
  const [first] = run
  const last = run.at(-1)
  if (first === undefined || last === undefined) throw new RangeError('a session without updates')
  const bytes = run.length === 1 ? first.bytes : Y.mergeUpdates(run.map((one) => one.bytes))
  return { kind: 'update', bytes, hash: null, origin: last.origin }
}
