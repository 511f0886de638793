/** Carries raw Automerge changes of one session into a draft: through the gate, and each under its own name. */
import type { FieldWrites } from '../../shared/merge/field-writes.ts'
import { fieldWritesOf } from '../../shared/merge/field-writes.ts'
import { readMetadata } from '../../shared/record/change-message.ts'
import { isContainerGenesis } from '../../shared/record/genesis.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { DELETED_KEY, isReservedKey } from '../../shared/record/reserved-keys.ts'
import { isServerActor } from '../../shared/record/server-actor.ts'
import { MAIN } from '../../shared/schema/compartments.ts'
import type { Authorizer } from '../auth/authorizer.ts'
import type { DecodeChange, VettedChange } from '../gate/automerge-gate.ts'
import { decodeHere, vetBatch } from '../gate/automerge-gate.ts'
import { admitApplied, admitBytes, enterForeign, judgedBy } from './admit.ts'
import { creationProblem, rawProblem } from './check-permission.ts'
import { checkRaw } from './check-rules.ts'
import { accepted, markOf, refused } from './command-outcome.ts'
import { ensureGenesis } from './ensure-genesis.ts'
import { historyOf } from './history-of.ts'
import type { JournalEntry } from './plan.ts'
import type { PlanContext } from './plan-record.ts'
import type { PlanSteps } from './plan-steps.ts'
import { LARGE_OPS_MIN, makeValues } from './plan-steps.ts'
import type { RecordCommand, RecordOutcome } from './record-command.ts'
import type { RecordDraft } from './record-draft.ts'
import { serverOrigin } from './server-origin.ts'
import { settle } from './settle.ts'

type ChangesCommand = Extract<RecordCommand, { type: 'changes' }>

/** Large changes are decoded before they come here. */
export const isDecoded = ({ decoded = [] }: ChangesCommand): boolean => decoded.length > 0

export function* executeChanges(
  draft: RecordDraft,
  command: ChangesCommand,
  { limits, authorizer }: Pick<PlanContext, 'limits' | 'authorizer'>,
): PlanSteps<RecordOutcome> {
  if (draft.origin.version === 0 && draft.journal.length === 0) {
    if (!command.mayCreate) return refused('not_found', 'there is no such record')
    const error = creationProblem(draft, authorizer, command.origin)
    if (error !== null) return { ok: false, error }
  }
  ensureGenesis(draft, command.origin)
  const mark = markOf(draft)
  const document = draft.part(command.compartment ?? MAIN)
  if (document.heads.length === 0) return refused('not_found', 'the record has no such document')
  const { graph, origin } = document
  const isGenesis = (hash: string): boolean => origin.genesis.includes(graph, hash)
  const decodedBefore = new Map(command.decoded?.map((decoded) => [decoded.hash, decoded]))
  const decode: DecodeChange = (bytes, hash) => decodedBefore.get(hash) ?? decodeHere(bytes, hash)
  const sender = { from: command.origin, authorizer }
  const refusals: Refusal[] = []
  let waiting: readonly Uint8Array[] = command.changes
  let missing: readonly string[] = []
  for (let more = true; more; ) {
    const verdict = vetBatch(waiting, historyOf(document), limits, isGenesis, decode)
    refusals.push(...verdict.refused.map(({ hash, reason }) => ({ hash: hash ?? null, reason })))
    if (isDecoded(command)) yield
    yield* admitChanges(document, verdict.accepted, sender, refusals)
    waiting = verdict.orphans
    missing = verdict.missing
    more = verdict.more && verdict.accepted.length > 0
  }
  return { ...accepted(draft, mark), refused: refusals, orphans: waiting, missing }
}

interface Refusal {
  readonly hash: string | null
  readonly reason: string
}

interface Sender {
  readonly from: Origin
  readonly authorizer: Authorizer
}

/** Admits vetted changes of one session, but for those that are not its own, or that its actor may not make. */
function* admitChanges(
  draft: RecordDraft,
  changes: readonly VettedChange[],
  { from, authorizer }: Sender,
  refusals: Refusal[],
): PlanSteps<void> {
  const refused = new Set<string>()
  for (const { bytes, decoded, hash } of changes) {
    const isGenesis = isServerActor(decoded.actor) && isContainerGenesis(decoded)
    const told = fieldWritesOf(decoded, (id) => draft.objects.get(id))
    const problem =
      misplacedField(draft, told) ??
      (isGenesis
        ? null
        : (foreignProblem(draft, decoded.actor, from.subject) ?? deniedField(draft, told, from, authorizer)))
    const reason = decoded.deps.some((dep) => refused.has(dep)) ? 'it builds on a refused change' : problem
    if (reason !== null) {
      refused.add(hash)
      refusals.push({ hash, reason })
      continue
    }
    if (isGenesis) admitBytes(draft, { kind: 'genesis', bytes, hash, origin: serverOrigin(from) }, decoded)
    else yield* admitChange(draft, { bytes, decoded, hash }, told, from)
  }
}

function* admitChange(
  draft: RecordDraft,
  { bytes, decoded, hash }: VettedChange,
  told: FieldWrites,
  from: Origin,
): PlanSteps<void> {
  draft.bind(decoded.actor, from.subject)
  const metadata = { ...readMetadata(decoded.message), ...from.metadata }
  const claimedAt = decoded.time > 0 ? new Date(decoded.time * 1000).toISOString() : null
  const origin = { ...from, metadata, claimedAt }
  const existed = draft.exists
  const entry: JournalEntry = { kind: 'change', bytes, hash, origin }
  const before = enterForeign(draft, bytes, decoded, told)
  const isLarge = decoded.ops.length > LARGE_OPS_MIN
  if (isLarge) yield* makeValues(draft, told)
  // The rules look at the record as it was and as it would be, but at ancestry only once it is recorded.
  const rejected = checkRaw(draft, decoded, told.writes, origin, existed)
  if (isLarge) yield
  admitApplied(draft, judgedBy(entry, rejected), decoded, before, told)
  // At once, so that the next change is judged beside a document that says what is in force.
  if (draft.restored.size > 0) settle(draft, from.receivedAt)
}

/** An actor id belongs, for good, to the subject that was first seen writing under it (R5). */
function foreignProblem(draft: RecordDraft, actor: string, subject: string): string | null {
  if (isServerActor(actor)) return `actor ${actor} belongs to the server`
  const owner = draft.bindings.get(actor)
  return owner === undefined || owner === subject ? null : `actor ${actor} belongs to another author`
}

/**
 * A field is written in the document that it lives in and in no other, whose readers may be others; and the record is
 * deleted in its main document.
 */
function misplacedField(draft: RecordDraft, { writes }: FieldWrites): string | null {
  if (!draft.isDivided) return null
  const misplaced = writes.find(({ field }) => !isReservedKey(field) && draft.homeOf(field) !== draft)
  if (misplaced !== undefined)
    return `forbidden: ${misplaced.field}: this field is in another document of the record`
  const deletes = draft !== draft.whole && writes.some(({ field }) => field === DELETED_KEY)
  return deletes ? 'forbidden: a record is deleted in its main document' : null
}

/** A change that its author has no permission for never enters history (W7): its fields are told from its operations. */
function deniedField(
  draft: RecordDraft,
  { writes }: FieldWrites,
  from: Origin,
  authorizer: Authorizer,
): string | null {
  const fields = writes.map(({ field }) => field)
  const error = rawProblem(draft, authorizer, from, fields)
  return error === null ? null : `${error.code}: ${error.message}`
}
