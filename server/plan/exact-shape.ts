/**
 * Checks of stored JSON that the writer thread makes, too: a schema library would take more memory there than all that
 * the thread is for.
 */

export type Check = (value: unknown) => boolean

/** One check for each of its members; there may be no others. */
export type Shape<T> = { readonly [Member in keyof Required<T>]: Check }

export const isText: Check = (value) => typeof value === 'string'
export const isFlag: Check = (value) => typeof value === 'boolean'
/** Of things, from 0. */
export const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
/** From 1. */
export const isPositive: Check = (value) => isCount(value) && value !== 0

export const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)

export function isExactly<T>(shape: Shape<T>): (value: unknown) => value is T {
  const members = Object.entries<Check>(shape)
  return (value): value is T => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const given = new Map<string, unknown>(Object.entries(value))
    return given.size === members.length && members.every(([name, check]) => check(given.get(name)))
  }
}
