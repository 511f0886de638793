// Every piece of the gate that reads what a client has sent.
import { batchTarget, changeTarget, namingTarget } from './automerge-targets.ts'
import type { GateTarget } from './gate-target.ts'
import { restTarget, uploadTarget } from './json-targets.ts'
import { cborTarget, syncTarget } from './repo-targets.ts'
import { frameTarget, updateTarget } from './yjs-targets.ts'

/** By name, and made when they are needed: their corpora take a while. */
export const gateTargets: ReadonlyMap<string, () => GateTarget> = new Map([
  ['y-frame', frameTarget],
  ['yjs-update', updateTarget],
  ['automerge-frame', cborTarget],
  ['sync-message', syncTarget],
  ['automerge-change', changeTarget],
  ['automerge-batch', batchTarget],
  ['naming', namingTarget],
  ['rest-body', restTarget],
  ['upload-body', uploadTarget],
])
