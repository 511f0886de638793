/** The public entry of `sluice/text`: the texts of a record as a Y.Doc, for editors that bind to Yjs. */
export { openText } from './open-text.ts'
export type { TextHandle, TextStatus } from './text-handle.ts'
