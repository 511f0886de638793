/** The public entry of `sluice/powersync`: the connector that uploads the queue of a PowerSync client. */
export type {
  CrudEntry,
  CrudTransaction,
  SluiceConnectorOptions,
  UploadedField,
  UploadQueue,
  UploadReport,
  UploadResult,
} from './sluice-connector.ts'
export { SluiceConnector } from './sluice-connector.ts'
