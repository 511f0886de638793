/** The definitions of collections that the journal was written under (S8), in `sluice_schemas`. */
import type Database from 'better-sqlite3'
import {
  completeCollection,
  decodeCollection,
  digestOf,
  digestOfDefinition,
  encodeCollection,
} from '../../../shared/schema/collection-definition.ts'
import type { CollectionSpec, Schema } from '../../../shared/schema/schema.ts'
import type { StoredSchema } from '../audit-storage.ts'
import type { Statements } from './statements.ts'

/** As plain data, so that it can travel to the writer thread. */
export const definitionsOf = (schema: Schema): readonly StoredSchema[] =>
  [...schema.values()].map((spec) => ({
    digest: digestOf(spec),
    collection: spec.name,
    definition: encodeCollection(spec),
  }))

export function keepDefinitions(db: Database.Database, definitions: readonly StoredSchema[]): void {
  const insert = db.prepare(
    `INSERT INTO sluice_schemas (digest, collection, definition) VALUES (@digest, @collection, @definition)
      ON CONFLICT DO NOTHING`,
  )
  for (const definition of definitions) insert.run(definition)
}

export const readDefinitions = (sql: Statements): readonly StoredSchema[] =>
  sql
    .prepare<[], StoredSchema>('SELECT digest, collection, definition FROM sluice_schemas ORDER BY digest')
    .all()

/**
 * The running schema's own collections under their digests, functions and all, and the earlier ones as far as
 * they can be read: a definition that was edited is none, and `sluice verify` names it.
 */
export function readSchemas(sql: Statements, schema: Schema): ReadonlyMap<string, CollectionSpec> {
  const schemas = new Map<string, CollectionSpec>()
  for (const { digest, definition } of readDefinitions(sql)) {
    const spec = digestOfDefinition(definition) === digest ? readable(definition) : null
    if (spec !== null) schemas.set(digest, spec)
  }
  for (const spec of schema.values()) schemas.set(digestOf(spec), spec)
  return schemas
}

function readable(definition: string): CollectionSpec | null {
  try {
    return completeCollection(decodeCollection(definition))
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}
