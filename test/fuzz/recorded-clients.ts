// What unmodified clients have sent to the real program; `record-clients.ts` wrote it down.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface RecordedClients {
  /** For each socket its frames, base64. */
  readonly yjs: string[][]
  readonly automerge: string[][]
  /** Bodies of requests. */
  readonly upload: string[]
  /** All changes of the record that the automerge-repo clients edited, the server's own among them. */
  readonly record: string[]
}

export const recordedFile = fileURLToPath(new URL('./recorded-clients.json', import.meta.url))

export function readRecorded(): {
  readonly yjs: readonly (readonly Uint8Array[])[]
  readonly automerge: readonly (readonly Uint8Array[])[]
  readonly upload: readonly string[]
  readonly record: readonly Uint8Array[]
} {
  if (!existsSync(recordedFile)) throw new Error('no recorded clients: npm run fuzz:record')
  const { yjs, automerge, upload, record } = JSON.parse(readFileSync(recordedFile, 'utf8')) as RecordedClients
  return { yjs: yjs.map(decoded), automerge: automerge.map(decoded), upload, record: decoded(record) }
}

const decoded = (frames: readonly string[]): readonly Uint8Array[] =>
  frames.map((frame) => new Uint8Array(Buffer.from(frame, 'base64')))
