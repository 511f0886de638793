/**
 * The message of an Automerge change: where an author's metadata travels, and where the server says what its
 * own changes mean. Readers that know nothing of Sluice see plain JSON.
 */

import type { JsonObject } from '../json.ts'
import { isJsonObject } from '../json.ts'

/** A person's decision, as it stands in the message of the change that carries it out (C5). */
export interface ResolutionMessage {
  readonly sluice: 'resolution'
  readonly conflict: string
  readonly choose: string | null
  readonly seen: readonly string[]
  readonly note: string | null
  /** There was nothing to decide. */
  readonly dismisses?: true
  /** Id of the proposal that the author of the change has approved, as the last person that it took. */
  readonly proposal?: string
}

export interface UndoMessage {
  readonly sluice: 'undo'
  readonly conflict: string
}

export const SETTLE_MESSAGE = '{"sluice":"settle"}'

export const metadataMessage = (metadata: JsonObject): string | undefined =>
  Object.keys(metadata).length === 0 ? undefined : JSON.stringify(metadata)

/** The metadata in a client's change message: a JSON object as it is, any other text under `message`. */
export function readMetadata(message: string | null): JsonObject {
  if (message === null || message === '') return {}
  const parsed = parse(message)
  return isJsonObject(parsed) ? parsed : { message }
}

/** @throws RangeError if the message is not one that the server wrote: the journal says that it is. */
export function readDecision(message: string | null): ResolutionMessage | UndoMessage {
  const parsed = parse(message ?? '')
  if (isDecision(parsed)) return parsed
  throw new RangeError(`not a decision: ${message}`)
}

function isDecision(value: unknown): value is ResolutionMessage | UndoMessage {
  return (
    isJsonObject(value) &&
    (value.sluice === 'resolution' || value.sluice === 'undo') &&
    typeof value.conflict === 'string'
  )
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
