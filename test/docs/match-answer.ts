// Compares an answer with what a page shows of it: "…" stands for any text, and as a name for further members.

export const ELLIPSIS = '…'

/** Where the answer differs from what is shown, as a path and a sentence; null if it does not. */
export function difference(shown: unknown, actual: unknown, path = 'answer'): string | null {
  if (typeof shown === 'string' && shown.includes(ELLIPSIS)) return likeness(shown, actual, path)
  if (Array.isArray(shown)) return arrayDifference(shown, actual, path)
  if (isObject(shown)) return objectDifference(shown, actual, path)
  return shown === actual ? null : `${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(shown)}`
}

function likeness(shown: string, actual: unknown, path: string): string | null {
  if (shown === ELLIPSIS) return actual === undefined ? `${path} is missing` : null
  const parts = shown.split(ELLIPSIS).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('[\\s\\S]*')}$`).test(String(actual))
    ? null
    : `${path} is ${JSON.stringify(actual)}, not like ${shown}`
}

function arrayDifference(shown: readonly unknown[], actual: unknown, path: string): string | null {
  if (!Array.isArray(actual)) return `${path} is no array`
  const isOpen = shown.at(-1) === ELLIPSIS
  const items = isOpen ? shown.slice(0, -1) : shown
  if (isOpen ? actual.length < items.length : actual.length !== items.length)
    return `${path} has ${actual.length} items, not ${items.length}: ${JSON.stringify(actual)}`
  return firstOf(items.map((item, at) => difference(item, actual[at], `${path}[${at}]`)))
}

function objectDifference(
  shown: Readonly<Record<string, unknown>>,
  actual: unknown,
  path: string,
): string | null {
  if (!isObject(actual)) return `${path} is ${JSON.stringify(actual)}, no object`
  const isOpen = Object.hasOwn(shown, ELLIPSIS)
  const further = Object.keys(actual).filter((name) => !Object.hasOwn(shown, name))
  if (!isOpen && further.length > 0) return `${path} has more than is shown: ${further.join(', ')}`
  return firstOf(
    Object.entries(shown)
      .filter(([name]) => name !== ELLIPSIS)
      .map(([name, value]) => difference(value, actual[name], `${path}.${name}`)),
  )
}

const firstOf = (problems: readonly (string | null)[]): string | null =>
  problems.find((problem) => problem !== null) ?? null

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
