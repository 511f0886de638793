// The connection is part of every client, also of those that edit no text: it carries no library along.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

function* importsOf(file: URL, seen: Set<string>): Generator<string> {
  if (seen.has(file.href)) return
  seen.add(file.href)
  const text = readFileSync(file, 'utf8')
  for (const [, isType, name = ''] of text.matchAll(
    /^(?:import|export)\s(type\s)?[^'"]*?from\s+'([^']+)'/gm,
  )) {
    if (isType !== undefined) continue
    if (name.startsWith('.')) yield* importsOf(new URL(name, file), seen)
    else yield name
  }
}

test('the connection imports no package', () => {
  const seen = new Set<string>()
  const packages = importsOf(new URL('../../../client/connection/connection.ts', import.meta.url), seen)
  expect([...packages]).toEqual([])
  expect(seen.size).toBeGreaterThan(8)
})
