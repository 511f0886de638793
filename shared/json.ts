/** JSON values as they travel through REST answers, the change log and conflict sides. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/**
 * A text form of a JSON value that is equal for equal values: object keys are sorted at every level.
 * Equality of written values (rule C2) is decided on it.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isJsonArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`)
  return `{${members.join(',')}}`
}

export const jsonEqual = (a: Json, b: Json): boolean => a === b || canonicalJson(a) === canonicalJson(b)

export const isJsonArray = (value: Json): value is readonly Json[] => Array.isArray(value)

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
