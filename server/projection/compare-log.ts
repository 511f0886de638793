/** Compares what is stored of a record beside its tables with what its journal gives when it is replayed (S3). */
import type { Json } from '../../shared/json.ts'
import { canonicalJson } from '../../shared/json.ts'
import type { FieldChange } from '../../shared/record/field-change.ts'
import type { RecordKey } from '../../shared/record/record-key.ts'
import { roomName } from '../../shared/record/record-key.ts'
import type { CompartmentView, RecordView } from '../plan/plan.ts'
import type { Storage, StoredRecord } from '../storage/storage.ts'
import type { ExpectedRecord } from './expected-tables.ts'

type Stored = Pick<Storage, 'readRecord' | 'readConflict' | 'listFieldChanges'>

const PAGE = 200

/** @returns what differs, a sentence each. */
export async function logDifferences(
  storage: Stored,
  key: RecordKey,
  expected: Pick<ExpectedRecord, 'view' | 'conflicts' | 'lines'>,
): Promise<readonly string[]> {
  const name = `${key.tenant}:${roomName(key)}`
  const differences: string[] = []
  if (expected.view !== null && !shows(await storage.readRecord(key), expected.view))
    differences.push(`${name}: is shown otherwise than the journal gives it`)
  for (const conflict of expected.conflicts) {
    const stored = await storage.readConflict(key.tenant, conflict.id)
    if (stored === null || !isSame(stored.conflict, conflict))
      differences.push(`conflict ${conflict.id} of ${name}: stored otherwise than the journal gives it`)
  }
  let index = 0
  for await (const { position, key: _key, ...line } of linesOf(storage, key)) {
    const wanted = expected.lines[index++]
    if (wanted === undefined || !isSame(line, wanted))
      differences.push(`line ${position} of the log of ${name}: the journal does not give it`)
  }
  const missing = expected.lines.length - index
  if (missing > 0) differences.push(`${missing} lines are missing from the log of ${name}`)
  return differences
}

const shows = (
  stored: StoredRecord | null,
  { fields, disputed, deleted, heads, compartments = [] }: RecordView,
): boolean =>
  stored !== null &&
  stored.deleted === deleted &&
  isSame(
    [stored.fields, stored.disputed, [...stored.heads].sort(), sorted(stored.compartments)],
    [fields, disputed, [...heads].sort(), sorted(compartments)],
  )

const sorted = (compartments: readonly CompartmentView[]): readonly CompartmentView[] =>
  compartments.map((one) => ({ ...one, heads: [...one.heads].sort() }))

async function* linesOf(
  storage: Stored,
  { tenant, collection, id }: RecordKey,
): AsyncGenerator<FieldChange & { readonly position: number; readonly key: RecordKey }> {
  const filter = { tenant, collection, recordId: id, order: 'oldest' as const, limit: PAGE }
  for (let cursor: string | null = null; ; ) {
    const page: Awaited<ReturnType<Stored['listFieldChanges']>> = await storage.listFieldChanges({
      ...filter,
      cursor,
    })
    yield* page.items
    if (page.next === null) return
    cursor = page.next
  }
}

const isSame = (a: unknown, b: unknown): boolean => canonicalJson(a as Json) === canonicalJson(b as Json)
