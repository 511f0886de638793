/** Carries raw Automerge changes of one session into a draft: through the gate, and each under its own name. */
import { readMetadata } from '../../shared/record/change-message.ts'
import { isContainerGenesis } from '../../shared/record/genesis.ts'
import type { Origin } from '../../shared/record/origin.ts'
import { isServerActor } from '../../shared/record/server-actor.ts'
import type { AutomergeLimits, KnownHistory, VettedChange } from '../gate/automerge-gate.ts'
import { vetBatch } from '../gate/automerge-gate.ts'
import { admitBytes } from './admit.ts'
import { accepted, refused } from './command-outcome.ts'
import { ensureGenesis } from './ensure-genesis.ts'
import type { RecordCommand, RecordOutcome } from './record-command.ts'
import type { RecordDraft } from './record-draft.ts'
import { serverOrigin } from './server-origin.ts'

export function executeChanges(
  draft: RecordDraft,
  command: Extract<RecordCommand, { type: 'changes' }>,
  limits: AutomergeLimits,
): RecordOutcome {
  if (draft.origin.version === 0 && draft.journal.length === 0 && !command.mayCreate)
    return refused('not_found', 'there is no such record')
  ensureGenesis(draft, command.origin)
  const firstLine = draft.lines.length
  const isGenesis = (hash: string): boolean => draft.origin.genesis.some((genesis) => genesis.hash === hash)
  const refusals: Refusal[] = []
  let waiting: readonly Uint8Array[] = command.changes
  for (let more = true; more; ) {
    const verdict = vetBatch(waiting, historyOf(draft), limits, isGenesis)
    refusals.push(...verdict.refused.map(({ hash, reason }) => ({ hash: hash ?? null, reason })))
    admitChanges(draft, verdict.accepted, command.origin, refusals)
    waiting = verdict.orphans
    more = verdict.more && verdict.accepted.length > 0
  }
  return { ...accepted(draft, firstLine), refused: refusals, orphans: waiting }
}

interface Refusal {
  readonly hash: string | null
  readonly reason: string
}

/** Admits vetted changes of one session, but for those under an actor that is not its own. */
function admitChanges(
  draft: RecordDraft,
  changes: readonly VettedChange[],
  from: Origin,
  refusals: Refusal[],
): void {
  const refused = new Set<string>()
  for (const { bytes, decoded, hash } of changes) {
    const isGenesis = isServerActor(decoded.actor) && isContainerGenesis(decoded)
    const foreign = isGenesis ? null : foreignProblem(draft, decoded.actor, from.subject)
    const reason = decoded.deps.some((dep) => refused.has(dep)) ? 'it builds on a refused change' : foreign
    if (reason !== null) {
      refused.add(hash)
      refusals.push({ hash, reason })
      continue
    }
    if (isGenesis) admitBytes(draft, { kind: 'genesis', bytes, hash, origin: serverOrigin(from) }, decoded)
    else admitChange(draft, { bytes, decoded, hash }, from)
  }
}

function admitChange(draft: RecordDraft, { bytes, decoded, hash }: VettedChange, from: Origin): void {
  draft.bind(decoded.actor, from.subject)
  const metadata = { ...readMetadata(decoded.message), ...from.metadata }
  const claimedAt = decoded.time > 0 ? new Date(decoded.time * 1000).toISOString() : null
  admitBytes(draft, { kind: 'change', bytes, hash, origin: { ...from, metadata, claimedAt } }, decoded)
}

/** An actor id belongs, for good, to the subject that was first seen writing under it (R5). */
function foreignProblem(draft: RecordDraft, actor: string, subject: string): string | null {
  if (isServerActor(actor)) return `actor ${actor} belongs to the server`
  const owner = draft.bindings.get(actor)
  return owner === undefined || owner === subject ? null : `actor ${actor} belongs to another author`
}

/** What the gate asks of the record (W6). */
const historyOf = (draft: RecordDraft): KnownHistory => ({
  hasChange: (hash) => draft.graph.has(hash),
  maxOp: (hash) => draft.graph.maxOp(hash),
  lastSeq: (actor) => draft.graph.lastSeq(actor),
  lastOp: () => draft.lastOp,
  hashOf: (actor, seq) => draft.graph.hashOf(actor, seq),
  sees: (hash, actor, seq) => draft.graph.sees(hash, actor, seq),
  changeWithOp: (counter, actor) => draft.changeWithOp(counter, actor),
})
