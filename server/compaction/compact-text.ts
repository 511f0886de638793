/**
 * Joins the older entries of one text (S10), a few hundred at a time: each step is planned in a thread on what is stored and
 * committed by itself, and planned again if somebody else was faster (W3).
 */
import type { Origin } from '../../shared/record/origin.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { decodeHeads } from '../audit/checkpoint.ts'
import type { CompactionPlan, CompactionRequest, NumberedEntry } from '../plan/plan-compaction.ts'
import type { AuditStorage } from '../storage/audit-storage.ts'
import type { OldEntries } from '../storage/compaction-storage.ts'
import type { Storage } from '../storage/storage.ts'

export interface CompactTextParts {
  readonly storage: Pick<Storage, 'audit' | 'compaction'>
  /** Rejects with why the entries are left alone. */
  readonly plan: (request: CompactionRequest) => Promise<CompactionPlan>
  /** Who compacts; asked for the time of each step. */
  readonly origin: () => Origin
  /** Lets others have their turn between two steps. */
  readonly pause: () => Promise<void>
}

/** What one step takes away: read in a few milliseconds, and written by the writer in about as many. */
const STEP = { entries: 500, bytes: 1024 * 1024 }
const FOLLOWING_PAGE = 200
/** Each loses against a compaction of another node. */
const ATTEMPTS_MAX = 10

/**
 * @param before ISO 8601: what was received then or later stays as it is.
 * @returns how many updates were joined.
 * @throws Error, saying why, if some were left alone; what was joined before stays so.
 */
export async function compactText(parts: CompactTextParts, key: RecordKey, before: string): Promise<number> {
  let joined = 0
  let attempts = 0
  for (;;) {
    const old = await parts.storage.compaction.readOldEntries(key, before, STEP)
    if (old === null) return joined
    const plan = await parts.plan({
      key,
      ...old,
      ...(await proofOf(parts.storage.audit, key, old)),
      origin: parts.origin(),
    })
    const result = await parts.storage.compaction.compactText(plan)
    if (result.status === 'failed') throw new Error(result.reason)
    if (result.status === 'stale' && ++attempts === ATTEMPTS_MAX)
      throw new Error('the text is being changed, too often')
    if (result.status === 'committed')
      joined += old.entries.filter(({ entry }) => entry.kind === 'update').length
    await parts.pause()
  }
}

/** What follows the entries up to the one that the checkpoint signs. */
async function proofOf(
  audit: Pick<AuditStorage, 'scanLane'>,
  key: RecordKey,
  { entries, checkpoint }: OldEntries,
): Promise<Pick<CompactionRequest, 'following' | 'signedChain'>> {
  const last = entries.at(-1)?.version ?? 0
  const heads = decodeHeads(checkpoint.heads) ?? []
  const signed = heads.find(
    ({ key: { tenant, collection, id }, lane, version }) =>
      lane === 'text' &&
      version >= last &&
      id === key.id &&
      collection === key.collection &&
      tenant === key.tenant,
  )
  if (signed === undefined)
    throw new RangeError(`checkpoint ${checkpoint.number} does not say what it covers`)
  const following: NumberedEntry[] = []
  for (let after = last; after < signed.version; ) {
    const page = await audit.scanLane(key, 'text', after, Math.min(FOLLOWING_PAGE, signed.version - after))
    for (const { version, entry } of page) {
      if (entry === null) throw new RangeError(`version ${version} cannot be read`)
      following.push({ version, entry })
    }
    const reached = page.at(-1)?.version
    if (reached === undefined) throw new RangeError(`version ${after + 1} is missing`)
    after = reached
  }
  return { following, signedChain: signed.chain }
}
