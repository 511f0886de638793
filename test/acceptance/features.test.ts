// The table of rows, the suite and the page tell the same.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { features, sources } from './features.ts'
import { featureTests, renderFeaturesPage } from './features-page.ts'

const tested = new Set(featureTests().map(({ id }) => id))

it('every row that is due has a test', () => {
  const missing = features.filter(({ id, due }) => due === undefined && !tested.has(id))
  expect(missing.map(({ id }) => id)).toEqual([])
})

it('a row that has a test is not marked as to come', () => {
  const shown = features.filter(({ id, due }) => due !== undefined && tested.has(id))
  expect(shown.map(({ id }) => id)).toEqual([])
})

it('every row belongs to a source, and every source has rows', () => {
  const prefixes = new Set(features.map(({ id }) => id.slice(0, 1)))
  expect([...prefixes].sort()).toEqual(sources.map(({ prefix }) => prefix).sort())
})

it('docs/FEATURES.md is what the suite says', () => {
  expect(readFileSync(new URL('../../docs/FEATURES.md', import.meta.url), 'utf8')).toBe(renderFeaturesPage())
})
