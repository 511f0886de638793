/** Checks the chain of checkpoints, their signatures, and that what they cover still lies in the journal (S7). */
import { decodeCompaction } from '../plan/compaction.ts'
import { decodeErasure } from '../plan/erasure.ts'
import type { AuditStorage, Checkpoint, CheckpointHead } from '../storage/audit-storage.ts'
import { decodeHeads, digestOfCheckpoint } from './checkpoint.ts'
import type { CheckpointVerifier } from './checkpoint-key.ts'
import { placeOf } from './verify-lane.ts'

export interface CheckpointParts {
  readonly audit: Pick<AuditStorage, 'scanCheckpoints' | 'chainAt' | 'stubAfter' | 'findCompaction'>
  readonly verifier: CheckpointVerifier | null
  readonly report: (problem: string) => void
}

export interface VerifiedCheckpoints {
  readonly count: number
  readonly newest: Checkpoint | null
}

/** Few: the heads of one can fill a megabyte. */
const PAGE = 10

export async function verifyCheckpoints(parts: CheckpointParts): Promise<VerifiedCheckpoints> {
  /** Lanes of which a problem was told: every later checkpoint would tell it again. */
  const told = new Set<string>()
  let newest: Checkpoint | null = null
  let count = 0
  for await (const checkpoint of checkpointsOf(parts.audit)) {
    const problems = [
      ...orderProblems(newest, checkpoint),
      ...signatureProblems(parts.verifier, checkpoint),
      ...(digestOfCheckpoint(checkpoint) === checkpoint.digest
        ? []
        : ['does not give its digest: a column of it was changed']),
    ]
    for (const problem of problems) parts.report(`checkpoint ${checkpoint.number}: ${problem}`)
    await verifyHeads(parts, checkpoint, told)
    newest = checkpoint
    count += 1
  }
  return { count, newest }
}

async function* checkpointsOf(audit: Pick<AuditStorage, 'scanCheckpoints'>): AsyncGenerator<Checkpoint> {
  let after = Number.MIN_SAFE_INTEGER
  for (;;) {
    const page = await audit.scanCheckpoints(after, PAGE)
    yield* page
    after = page.at(-1)?.number ?? after
    if (page.length < PAGE) return
  }
}

function orderProblems(before: Checkpoint | null, { number, previous, position }: Checkpoint): string[] {
  const expected = (before?.number ?? 0) + 1
  if (number !== expected) return [`follows a gap: checkpoint ${expected} is missing`]
  if (previous !== (before?.digest ?? null)) return ['does not follow the checkpoint before it']
  return before !== null && position <= before.position ? ['reaches no further than the one before it'] : []
}

function signatureProblems(
  verifier: CheckpointVerifier | null,
  { keyId, digest, signature }: Checkpoint,
): string[] {
  if (verifier === null) return []
  if (keyId !== verifier.keyId) return [`is signed with the key ${keyId}, not with ${verifier.keyId}`]
  return verifier.verify(digest, signature) ? [] : [`its signature is not by the key ${verifier.keyId}`]
}

async function verifyHeads(
  { audit, report }: CheckpointParts,
  { number, at, heads }: Checkpoint,
  told: Set<string>,
): Promise<void> {
  const covered = decodeHeads(heads)
  if (covered === null) return report(`checkpoint ${number}: its heads cannot be read`)
  for (const head of covered) {
    const { key, lane, version } = head
    const name = JSON.stringify([key, lane])
    if (told.has(name)) continue
    const chain = await audit.chainAt(head)
    if (chain === head.chain) continue
    if (chain === null && (await isErased(audit, head))) continue
    if (await isCompacted(audit, head)) continue
    told.add(name)
    const what = chain === null ? 'is missing' : 'has another chain'
    report(`${placeOf(key, lane, version)}: ${what}, and checkpoint ${number} of ${at} covers it`)
  }
}

/** Whether a stub stands for what a checkpoint covers (E2): the stub tells the chain of the last entry alone. */
async function isErased(audit: Pick<AuditStorage, 'stubAfter'>, head: CheckpointHead): Promise<boolean> {
  const stub = await audit.stubAfter(head)
  const erasure = stub?.entry === null || stub === null ? null : decodeErasure(stub.entry.bytes)
  if (erasure === null || head.version < erasure.version - erasure.entries) return false
  return head.version < erasure.version - 1 || head.chain === erasure.previous
}

/** Whether a compaction stands for what a checkpoint covers (S10): likewise. It was compared before it was taken away. */
async function isCompacted(
  audit: Pick<AuditStorage, 'findCompaction'>,
  { key, lane, version, chain }: CheckpointHead,
): Promise<boolean> {
  const found = lane === 'text' ? await audit.findCompaction(key) : null
  const compaction = found?.entry == null ? null : decodeCompaction(found.entry.origin.metadata)
  if (found === null || compaction === null || version <= found.version - compaction.entries) return false
  return version < found.version || (version === found.version && chain === compaction.chain)
}
