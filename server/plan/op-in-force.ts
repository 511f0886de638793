/** Finds what an operation was that is in force, for the gate, which else has to have its change decoded. */
import type { LiveOp, LiveValues } from './live-values.ts'
import { idOf } from './live-values.ts'

export interface OpInForce {
  readonly action: string
  readonly obj: string
  readonly key: string
  readonly datatype?: string
}

/**
 * @param objectId where it is looked for, unless the id is that of an object that it made.
 * @param key likewise.
 */
export function opInForce(
  live: LiveValues,
  opId: string,
  objectId: string,
  key: string | undefined,
): OpInForce | undefined {
  const place = live.objects.get(opId)?.place
  const [obj, at] = place == null ? [objectId, key] : [place.parent, place.key]
  if (at === undefined) return undefined
  const op = live.slot(obj, at).find((one) => idOf(one) === opId)
  if (op === undefined) return undefined
  return writtenOp(op, { obj, key: at })
}

export const writtenOp = (
  { action, datatype }: LiveOp,
  { obj, key }: Pick<OpInForce, 'obj' | 'key'>,
): OpInForce => ({ action, obj, key, ...(datatype === null ? {} : { datatype }) })
