/** Whether two selections show the same: then nothing is drawn again, and the earlier one keeps its identity. */

/** Compares plain objects, arrays and sets by what they hold, everything else (handles, documents) by identity. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => sameValue(item, b[at]))
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((item) => b.has(item))
  if (!isPlain(a) || !isPlain(b)) return false
  const [own, other] = [Object.entries(a), new Map(Object.entries(b))]
  return (
    own.length === other.size &&
    own.every(([key, value]) => other.has(key) && sameValue(value, other.get(key)))
  )
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
