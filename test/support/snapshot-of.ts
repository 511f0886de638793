// A record's state as the store keeps it.
import { encodeSnapshot, frameOf } from '../../server/plan/record-snapshot.ts'
import type { RecordState } from '../../server/plan/record-state.ts'

export const snapshotOf = (state: RecordState): Uint8Array => encodeSnapshot(frameOf(state), state.doc.save())
