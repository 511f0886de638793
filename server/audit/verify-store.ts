/** Verifies a whole store (S7, S8): every record's lanes, the schemas they name, and the checkpoints. */
import type { RecordKey } from '../../shared/record/record-key.ts'
import { documentIdOf, roomName } from '../../shared/record/record-key.ts'
import { decodeCollection, digestOfDefinition } from '../../shared/schema/collection-definition.ts'
import { epochOf } from '../plan/erasure.ts'
import type { Lane } from '../plan/plan.ts'
import type { AuditedRecord, AuditStorage, Checkpoint } from '../storage/audit-storage.ts'
import type { CheckpointVerifier } from './checkpoint-key.ts'
import { verifyCheckpoints } from './verify-checkpoints.ts'
import { verifyLane } from './verify-lane.ts'

export interface VerifyParts {
  readonly audit: AuditStorage
  /** Null if there is no key to check signatures with. */
  readonly verifier: CheckpointVerifier | null
  readonly report: (problem: string) => void
}

export interface Verified {
  readonly records: number
  /** How many of them have been erased, once or more often. */
  readonly erased: number
  readonly entries: number
  readonly checkpoints: number
  readonly newest: Checkpoint | null
  /** Entries that no checkpoint covers yet. */
  readonly uncovered: number
  readonly problems: number
}

const PAGE = 200

/** Never throws for what it finds in the store: what cannot be read is a problem like others. */
export async function verifyStore(parts: VerifyParts): Promise<Verified> {
  let problems = 0
  const report = (problem: string): void => {
    problems += 1
    parts.report(problem)
  }
  const found = {
    records: 0,
    erased: 0,
    entries: 0,
    checkpoints: 0,
    uncovered: 0,
    newest: null as Checkpoint | null,
  }
  await attempt('the journal', report, async () => {
    const schemas = await verifySchemas(parts.audit, report)
    for await (const record of recordsOf(parts.audit)) {
      found.records += 1
      const verified = await verifyRecord({ ...parts, report, schemas }, record)
      found.entries += verified.entries
      if (verified.epoch > 0) found.erased += 1
    }
    const orphans = (await parts.audit.countEntries(0)) - found.entries
    if (orphans !== 0) report(`${orphans} entries of the journal belong to no record`)
  })
  await attempt('the checkpoints', report, async () => {
    const { count, newest } = await verifyCheckpoints({ ...parts, report })
    const uncovered = await parts.audit.countEntries(newest?.position ?? 0)
    if (newest === null && uncovered > 0) report('there are no checkpoints: a server makes one as it starts')
    Object.assign(found, { checkpoints: count, newest, uncovered })
  })
  return { ...found, problems }
}

/** @returns the digests of all definitions that are there. */
async function verifySchemas(
  audit: AuditStorage,
  report: VerifyParts['report'],
): Promise<ReadonlySet<string>> {
  const schemas = await audit.readSchemas()
  for (const { digest, collection, definition } of schemas) {
    const place = `schema ${digest} of ${collection}`
    if (digestOfDefinition(definition) !== digest) report(`${place}: its definition was changed`)
    else
      await attempt(place, report, async () => {
        const { name } = decodeCollection(definition)
        if (name !== collection) report(`${place}: it defines the collection ${name}`)
      })
  }
  return new Set(schemas.map(({ digest }) => digest))
}

async function* recordsOf(audit: AuditStorage): AsyncGenerator<AuditedRecord> {
  let after: RecordKey | null = null
  for (;;) {
    const page: readonly AuditedRecord[] = await audit.scanRecords(after, PAGE)
    yield* page
    after = page.at(-1)?.key ?? null
    if (page.length < PAGE) return
  }
}

/** @returns the number of entries that were found, and how often the record has been erased. */
async function verifyRecord(
  parts: VerifyParts & { readonly schemas: ReadonlySet<string> },
  record: AuditedRecord,
): Promise<{ readonly entries: number; readonly epoch: number }> {
  const { key, documentId } = record
  const place = `${key.tenant}:${roomName(key)}`
  let entries = 0
  const epochs: Record<Lane, number> = { fields: 0, text: 0 }
  for (const lane of ['fields', 'text'] as const)
    await attempt(`${place}, ${lane}`, parts.report, async () => {
      const verified = await verifyLane(parts, record, lane)
      entries += verified.entries
      epochs[lane] = epochOf(verified.erasure)
    })
  if (epochs.fields !== epochs.text) parts.report(`${place}: only one of its lanes has been erased`)
  if (documentId !== documentIdOf(key, epochs.fields))
    parts.report(`${place}: its document id is another record's`)
  return { entries, epoch: epochs.fields }
}

async function attempt(
  place: string,
  report: VerifyParts['report'],
  verify: () => Promise<void>,
): Promise<void> {
  try {
    await verify()
  } catch (error) {
    report(`${place}: cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
