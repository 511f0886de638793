// A decoded Automerge change whose operations may be anything, to be spoiled and encoded again.
import type { DecodedChange } from '@automerge/automerge'

export interface LooseOp {
  action: string
  obj: string
  key?: string
  elemId?: string
  insert?: boolean
  value?: unknown
  datatype?: string
  pred: string[]
}

export type LooseChange = Omit<DecodedChange, 'ops'> & { ops: LooseOp[] }
