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
import type { YjsLimits } from '../gate/yjs-gate.ts'
import { vetUpdate } from '../gate/yjs-gate.ts'
import type { AuthorBinding, JournalEntry, Plan } from './plan.ts'
import { blankPlan } from './plan.ts'

export interface TextState {
  readonly key: RecordKey
  /** Journal entries of the text lane. */
  readonly version: number
  readonly doc: Y.Doc
  /** Yjs client id → subject (R5). */
  readonly bindings: ReadonlyMap<string, string>
  /** Bytes of snapshot and updates that the document was made from, for memory accounting. */
  readonly bytes: number
}

export interface TextCommand {
  readonly update: Uint8Array
  readonly origin: Origin
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
}

/** The author id of a Yjs client in the record's bindings, apart from Automerge's actors. */
export const yjsAuthor = (client: number): string => `yjs:${client}`

export function planText(
  state: TextState,
  commands: readonly TextCommand[],
  context: TextPlanContext,
): PlannedText {
  const roots = new Set(context.texts)
  const bindings = new Map(state.bindings)
  const newBindings: AuthorBinding[] = []
  const accepted = new Map<string, TextCommand[]>()
  const outcomes = commands.map((command): TextOutcome => {
    const { origin, update } = command
    const ownerOf = (client: number): string | undefined =>
      bindings.get(yjsAuthor(client)) ?? context.presentAs(client)
    const mayWriteAs = (client: number): boolean => (ownerOf(client) ?? origin.subject) === origin.subject
    const verdict = vetUpdate(state.doc, update, { roots, mayWriteAs, limits: context.limits })
    if (!verdict.ok) return refusal(verdict)
    if (verdict.empty) return { status: 'applied' }
    for (const client of verdict.authors) {
      if (bindings.has(yjsAuthor(client))) continue
      bindings.set(yjsAuthor(client), origin.subject)
      newBindings.push({ author: yjsAuthor(client), subject: origin.subject })
    }
    Y.applyUpdate(state.doc, update, origin.session)
    const ofSession = accepted.get(origin.session)
    if (ofSession === undefined) accepted.set(origin.session, [command])
    else ofSession.push(command)
    return { status: 'applied' }
  })
  if (accepted.size === 0) return { plan: null, next: state, outcomes }

  const journal = [...accepted.values()].map(toEntry)
  const target = {
    key: state.key,
    documentId: documentIdOf(state.key),
    expectedVersion: state.version,
    at: context.at,
  }
  const plan = { ...blankPlan({ ...target, lane: 'text' }), journal, bindings: newBindings }
  const bytes = journal.reduce((sum, entry) => sum + entry.bytes.byteLength, state.bytes)
  return { plan, next: { ...state, version: state.version + journal.length, bindings, bytes }, outcomes }
}

/** What one session wrote since the last commit, as one journal entry under its name. */
function toEntry(commands: readonly TextCommand[]): JournalEntry {
  const updates = commands.map(({ update }) => update)
  const [first] = commands
  const last = commands.at(-1)
  if (first === undefined || last === undefined) throw new RangeError('a session without updates')
  const bytes = updates.length === 1 ? first.update : Y.mergeUpdates(updates)
  return { kind: 'update', bytes, hash: null, origin: last.origin }
}

function refusal(verdict: Extract<ReturnType<typeof vetUpdate>, { ok: false }>): TextOutcome {
  if (verdict.kind === 'gap') return { status: 'gap' }
  const code = verdict.kind === 'foreign' ? 'foreign_author' : 'refused_change'
  return { status: 'refused', error: new SluiceError(code, verdict.reason) }
}
