/** The public entry of `sluice/client`. */
export type { NewRecord, NewRecordKey } from './new-record.ts'
export { newRecord } from './new-record.ts'
