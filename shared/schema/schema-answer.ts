/**
 * A schema as a program that was not built with it learns it: definitions as JSON (S8), without functions and without
 * access rules. What a rule would say is for the server to judge.
 */
import type { Json } from '../json.ts'
import { isJsonObject } from '../json.ts'
import { completeCollection, decodeCollection, encodeCollection } from './collection-definition.ts'
import type { CollectionSpec, Schema } from './schema.ts'

export interface SchemaAnswer {
  /** Definitions, in order of declaration. */
  readonly collections: readonly Json[]
}

export const encodeSchema = (collections: Iterable<CollectionSpec>): SchemaAnswer => ({
  collections: [...collections].map((collection) => JSON.parse(encodeCollection(collection)) as Json),
})

/** @throws RangeError if the answer is not one that `encodeSchema` has made. */
export function decodeSchema(answer: Json): Schema {
  const collections = isJsonObject(answer) ? answer.collections : null
  if (!Array.isArray(collections)) throw new RangeError('not a schema: the collections are missing')
  const specs = collections.map((definition) =>
    completeCollection(decodeCollection(JSON.stringify(definition))),
  )
  return new Map(specs.map((spec) => [spec.name, spec]))
}
