/** What a person says about a conflict, as the action that the server is asked for. */
import { standingSides } from '../shared/conflicts/conflict.ts'
import type { Json } from '../shared/json.ts'
import type { ConflictAction, ConflictView } from '../shared/sync/messages.ts'

/** What a person wants a conflict to end in. */
export type Resolving =
  | { readonly choose: string; readonly note?: string }
  /** Of linked fields an object with a value for each. */
  | { readonly value: Json; readonly note?: string }
  | { readonly dismiss: true; readonly note: string }

/** A decision names every side that its author has before him (C5). */
export function actionOf(conflict: ConflictView, resolving: Resolving): ConflictAction {
  const seen = standingSides(conflict).map(({ id }) => id)
  if ('dismiss' in resolving) return { type: 'dismiss', seen, note: resolving.note }
  const note = resolving.note ?? null
  return 'choose' in resolving
    ? { type: 'choose', side: resolving.choose, seen, note }
    : { type: 'value', value: resolving.value, seen, note }
}
