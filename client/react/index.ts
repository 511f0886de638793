/** The public entry of `sluice/react`: hooks typed by the schema of an app. */
export type {
  PresenceOptions,
  SelectOptions,
  ShowOptions,
  SluiceHooks,
  SluiceProviderProps,
} from './create-hooks.tsx'
export { createHooks } from './create-hooks.tsx'
export type { ShownInbox, ShownPresence, ShownQuery } from './shown-live.ts'
export type { ShownRecord } from './shown-record.ts'
export type { ShownStatus } from './shown-status.ts'
export type { ShownText } from './shown-text.ts'
