/** The public entry of `sluice/automerge`: for apps that keep a record in an automerge-repo document. */
export type { NewRecord, NewRecordKey } from './new-record.ts'
export { newRecord } from './new-record.ts'
