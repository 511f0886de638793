/**
 * The planner of a record's text (W2, W6): vets Yjs updates against the document, applies what passes, and
 * says what one commit will write. The document moves on with the plan, because the next update builds on
 * the one before; if the commit finds that the record has moved on elsewhere, the state is thrown away.
 */
import * as Y from 'yjs'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf } from '../../shared/record/record-key.ts'
import type { TriedText } from '../gate/text-trial.ts'
import { appliedTo } from '../gate/text-trial.ts'
import type { UpdateRefusal, UpdateVerdict } from '../gate/update-verdict.ts'
import { foreignClient } from '../gate/update-verdict.ts'
import type { YjsLimits } from '../gate/yjs-gate.ts'
import { vetLightUpdate } from '../gate/yjs-gate.ts'
import { lightYjsLimits } from '../gate/yjs-limits.ts'
import type { Erasure } from './erasure.ts'
import { epochOf } from './erasure.ts'
import { chainJournal } from './journal-chain.ts'
import type { AuthorBinding, JournalEntry, Plan } from './plan.ts'
import { blankPlan } from './plan.ts'

export interface TextState {
  readonly key: RecordKey
  /** With which the present epoch began; null for the first one (E2). */
  readonly erasure: Erasure | null
  /** Who wrote in the epochs before. */
  readonly erasedClients: ReadonlySet<number>
  /** Journal entries of the text lane. */
  readonly version: number
  /** Of the newest of them (S7). */
  readonly chain: string
  readonly doc: Y.Doc
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
  /** Applies updates to a document, with pauses for others. */
  readonly applySlices: (doc: Y.Doc, slices: readonly Uint8Array[]) => Promise<void>
}

/** The author id of a Yjs client in the record's bindings, apart from Automerge's actors. */
export const yjsAuthor = (client: number): string => `yjs:${client}`

/** Waits for nothing as long as all updates are light, as keystrokes are. */
export async function planText(
  state: TextState,
  commands: readonly TextCommand[],
  context: TextPlanContext,
): Promise<PlannedText> {
  const { erasure, erasedClients } = state
  if (erasure?.allowNew === false) return { plan: null, next: state, outcomes: commands.map(refuseErased) }
  const roots = new Set(context.texts)
  const bindings = new Map(state.bindings)
  const newBindings: AuthorBinding[] = []
  const accepted: Written[] = []
  const outcomes: TextOutcome[] = []
  for (const command of commands) {
    const { origin, update } = command
    const ownerOf = (client: number): string | undefined =>
      bindings.get(yjsAuthor(client)) ?? context.presentAs(client)
    const mayWriteAs = (client: number): boolean =>
      (ownerOf(client) ?? origin.subject) === origin.subject && !erasedClients.has(client)
    const light = vetLightUpdate(state.doc, update, { roots, mayWriteAs, limits: context.limits })
    const taken =
      light === null
        ? await takeTried(state, command, accepted, mayWriteAs, context)
        : takeLight(state, command, light)
    outcomes.push(taken.outcome)
    for (const client of taken.authors) {
      if (bindings.has(yjsAuthor(client))) continue
      bindings.set(yjsAuthor(client), origin.subject)
      newBindings.push({ author: yjsAuthor(client), subject: origin.subject })
    }
    if (taken.bytes !== null) accepted.push({ origin, bytes: taken.bytes })
  }
  if (accepted.length === 0) return { plan: null, next: state, outcomes }

  const { version, chain } = state
  const journal = chainJournal({ lane: 'text', version, chain }, runsOfSessions(accepted).map(toEntry), null)
  const target = {
    key: state.key,
    documentId: documentIdOf(state.key, epochOf(state.erasure)),
    expectedVersion: version,
    at: context.at,
  }
  const plan = { ...blankPlan({ ...target, lane: 'text' }), journal, bindings: newBindings }
  const bytes = journal.reduce((sum, entry) => sum + entry.bytes.byteLength, state.bytes)
  const head = { version: version + journal.length, chain: journal.at(-1)?.chain ?? chain }
  return { plan, next: { ...state, ...head, bindings, bytes }, outcomes }
}

/** What became of one update. */
interface Taken {
  readonly outcome: TextOutcome
  readonly authors: readonly number[]
  /** What it has added to the document. */
  readonly bytes: Uint8Array | null
}

const takenNothing = (outcome: TextOutcome): Taken => ({ outcome, authors: [], bytes: null })

/** @returns the client ids that write in the update, or what became of one that nothing is taken from. */
function authorsOf(
  state: TextState,
  verdict: UpdateVerdict,
  denial: SluiceError | null,
): readonly number[] | Taken {
  if (denial !== null && !(verdict.ok && verdict.empty))
    return takenNothing({ status: 'refused', error: denial })
  if (!verdict.ok) return takenNothing(refusal(state, verdict))
  return verdict.empty ? takenNothing({ status: 'applied' }) : verdict.authors
}

function takeLight(state: TextState, { update, denial }: TextCommand, verdict: UpdateVerdict): Taken {
  const authors = authorsOf(state, verdict, denial)
  if ('outcome' in authors) return authors
  return { outcome: { status: 'applied' }, authors, bytes: appliedTo(state.doc, update) }
}

/** Takes an update that may take long: what a trial has made of it is applied piece by piece. */
async function takeTried(
  state: TextState,
  { update, denial }: TextCommand,
  accepted: readonly Written[],
  mayWriteAs: (client: number) => boolean,
  context: TextPlanContext,
): Promise<Taken> {
  let tried: TriedText
  try {
    tried = await context.tryText(
      update,
      accepted.map(({ bytes }) => bytes),
    )
  } catch (error) {
    if (error instanceof SluiceError) return takenNothing({ status: 'refused', error })
    throw error
  }
  const { verdict, added, slices } = tried
  const authors = authorsOf(state, verdict, denial)
  if ('outcome' in authors) return authors
  const foreign = authors.find((client) => !mayWriteAs(client))
  if (foreign !== undefined) return takenNothing(refusal(state, foreignClient(foreign)))
  await context.applySlices(state.doc, slices)
  return { outcome: { status: 'applied' }, authors, bytes: added }
}

interface Written {
  readonly origin: Origin
  readonly bytes: Uint8Array
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

function refusal({ erasedClients }: TextState, verdict: UpdateRefusal): TextOutcome {
  // He writes as a client of the erased history, or builds on what one wrote: he still has it (E5).
  if (verdict.client !== undefined && erasedClients.has(verdict.client)) return refuseErased()
  if (verdict.kind === 'gap') return { status: 'gap' }
  const code = verdict.kind === 'foreign' ? 'foreign_author' : 'refused_change'
  return { status: 'refused', error: new SluiceError(code, verdict.reason) }
}

const refuseErased = (): TextOutcome => ({ status: 'refused', error: erasedText() })

export const erasedText = (): SluiceError =>
  new SluiceError('erased', 'the text has been erased, and your copy is of before')
