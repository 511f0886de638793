/** The public entry of `sluice`: what a `sluice.config.ts` needs. */

export type { Json, JsonObject } from './json.ts'
export type { AccessActor, AccessFunction, AccessQuestion, AccessRule, AccessRules } from './schema/access.ts'
export type { Collection, CollectionOptions } from './schema/collection.ts'
export { collection } from './schema/collection.ts'
export type { SluiceConfig } from './schema/config.ts'
export { defineConfig } from './schema/config.ts'
export { s } from './schema/field.ts'
export type { InferRecord } from './schema/infer-record.ts'
export type { ChangeInfo, FieldContext, RecordContext } from './schema/rules.ts'
