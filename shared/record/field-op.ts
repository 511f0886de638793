/** The operations of a semantic change (W7): what REST and the SDK ask for, before it is an Automerge change. */
import type { Json } from '../json.ts'

export type FieldOp =
  /** Replaces the value; null clears it. On a set, list or map it writes the difference, so that it merges. */
  | { readonly type: 'set'; readonly field: string; readonly value: Json }
  | { readonly type: 'increment'; readonly field: string; readonly amount: number }
  /** Adds items to a set or appends them to a list. */
  | { readonly type: 'add'; readonly field: string; readonly items: readonly Json[] }
  | { readonly type: 'remove'; readonly field: string; readonly items: readonly Json[] }
  /** Sets members of a map; a null member is removed. */
  | { readonly type: 'merge'; readonly field: string; readonly members: { readonly [key: string]: Json } }

/**
 * `create` refuses an existing record, `update` and `delete` a missing one; `replace` takes either, and so does
 * `upsert`, which leaves alone what it does not name, and asks for nothing that is required.
 */
export type WriteIntent = 'create' | 'replace' | 'update' | 'delete' | 'upsert'
