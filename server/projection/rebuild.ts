/** Drops every projected table and rebuilds it from the journal (S3). */
import type { RecordKey } from '../../shared/record/record-key.ts'
import type { Schema } from '../../shared/schema/schema.ts'
import type { Storage } from '../storage/storage.ts'
import { expectedRecord } from './expected-tables.ts'
import type { TextMaterializer } from './text-materializer.ts'

export interface RebuildParts {
  readonly storage: Storage
  readonly schema: Schema
  readonly materializer: Pick<TextMaterializer, 'materialize'>
}

const PAGE = 200

/** @returns the number of records rebuilt. Nothing else may write meanwhile. */
export async function rebuildProjection({ storage, schema, materializer }: RebuildParts): Promise<number> {
  await storage.resetProjection()
  let count = 0
  for await (const key of allRecords(storage)) {
    const collection = schema.get(key.collection)
    // A collection that is no longer declared keeps its journal, and has no table.
    if (collection === undefined) continue
    const { writes, view, text } = await expectedRecord({ storage, materializer }, key, collection)
    await storage.writeTables(writes, view === null ? undefined : { key, view })
    if (text !== null) {
      await storage.commitText(text)
      await storage.search.index(key)
    }
    count += 1
  }
  await storage.markProjectionFresh()
  return count
}

/** Every record of every tenant, page by page. */
export async function* allRecords(storage: Pick<Storage, 'scanRecords'>): AsyncGenerator<RecordKey> {
  let after: RecordKey | null = null
  for (;;) {
    const page: readonly RecordKey[] = await storage.scanRecords(after, PAGE)
    yield* page
    after = page.at(-1) ?? null
    if (page.length < PAGE || after === null) return
  }
}
