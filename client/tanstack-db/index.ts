/** The public entry of `sluice/tanstack-db`: collections of TanStack DB that are kept in step by a live query. */
export type { SluiceCollectionConfig, SluiceCollectionOptions, SluiceUtils } from './collection-options.ts'
export { sluiceCollectionOptions } from './collection-options.ts'
export type { NewRow, RowSchema, SluiceRow } from './row-schema.ts'
export { NotInForce } from './write-mutation.ts'
