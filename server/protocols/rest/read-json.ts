/**
 * Reads JSON that a client sent, within limits: a body of a few kilobytes can hold a value whose nesting or
 * number of members keeps a CRDT library busy for a long time (W6), and a key `__proto__` can replace a
 * prototype.
 */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Json, JsonObject } from '../../../shared/json.ts'
import { isJsonObject } from '../../../shared/json.ts'
import { isWellFormed } from '../../../shared/wire/well-formed.ts'
import type { RestContext } from './rest-context.ts'

/** Levels of arrays and objects, the outermost included. */
export const JSON_DEPTH_MAX = 32
/** Values of every kind, at all levels together: beyond it, writing them blocks other requests for long. */
export const JSON_VALUES_MAX = 20_000

const JSON_MEDIA_TYPES: ReadonlySet<string> = new Set(['application/json', 'application/merge-patch+json'])

export interface JsonBody {
  readonly text: string
  readonly value: JsonObject
}

/** @throws SluiceError `bad_request` or `too_large`. */
export async function readJsonBody(c: RestContext): Promise<JsonBody> {
  const text = await jsonText(c)
  return { text, value: parseJsonObject('the body', text) }
}

/**
 * A browser sends other media types to a foreign origin without asking it, so they are refused.
 * @throws SluiceError `bad_request`
 */
export async function jsonText(c: RestContext): Promise<string> {
  const mediaType = c.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!JSON_MEDIA_TYPES.has(mediaType))
    throw new SluiceError('bad_request', 'Content-Type: the body must be application/json')
  return c.req.text()
}

/**
 * @param part what to call the text in an error.
 * @throws SluiceError `bad_request` or `too_large`.
 */
export function parseJsonObject(part: string, text: string): JsonObject {
  const value = parseJson(part, text)
  if (!isJsonObject(value)) throw new SluiceError('bad_request', `${part}: takes a JSON object`)
  checkShape(part, value)
  return value
}

function parseJson(part: string, text: string): Json {
  try {
    return JSON.parse(text)
  } catch (error) {
    // The runtime's message quotes the text; only the position is passed on.
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    const where = position === undefined ? '' : ` at position ${position}`
    throw new SluiceError('bad_request', `${part}: not valid JSON${where}`)
  }
}

function checkShape(part: string, root: Json): void {
  let values = 0
  const visit = (value: Json, depth: number): void => {
    if (++values > JSON_VALUES_MAX)
      throw new SluiceError('too_large', `${part}: holds more than ${JSON_VALUES_MAX} values`)
    if (typeof value === 'string') checkText(part, value)
    if (value === null || typeof value !== 'object') return
    if (depth === JSON_DEPTH_MAX)
      throw new SluiceError('bad_request', `${part}: nested deeper than ${JSON_DEPTH_MAX} levels`)
    if (Object.hasOwn(value, '__proto__'))
      throw new SluiceError('bad_request', `${part}: has a key that is not allowed: "__proto__"`)
    for (const [key, member] of Object.entries(value)) {
      checkText(part, key)
      visit(member, depth + 1)
    }
  }
  visit(root, 0)
}

function checkText(part: string, text: string): void {
  if (!isWellFormed(text))
    throw new SluiceError('bad_request', `${part}: holds half of a character, which is no Unicode text`)
}
