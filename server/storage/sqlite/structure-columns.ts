/**
 * How the structure of a text is stored. A text without marks and embeds has none beyond its plain text, which stands beside
 * it already: then nothing is stored, and SQL, which reads `<text>_json`, is given what the plain text says.
 */
import type { Json } from '../../../shared/json.ts'
import { isJsonArray, isJsonObject } from '../../../shared/json.ts'
import { structureColumn } from '../../projection/table-layout.ts'
import type { StoredText } from '../storage.ts'
import { quoted } from './sql-identifier.ts'

/** What SQLite's JSON cannot give back as JavaScript's does. */
const ODD = /[\0\p{Surrogate}]/u

/** The column that holds the structure; null where the plain text says it all. No field has a name like this. */
export const ownStructureColumn = (text: string): string => `_${structureColumn(text)}`

/** Both columns, as a table declares them. */
export function structureColumnsSql(text: string): string {
  const own = quoted(ownStructureColumn(text))
  const derived = `json_array(json_object('insert', ${quoted(text)}))`
  const value = `CASE WHEN ${quoted(text)} IS NOT NULL THEN coalesce(${own}, ${derived}) END`
  return `${own} TEXT, ${quoted(structureColumn(text))} TEXT AS (${value}) VIRTUAL`
}

export function ownStructureOf({ plain, structure }: StoredText): string | null {
  return saysNoMore(plain, structure) && !ODD.test(plain) ? null : JSON.stringify(structure)
}

/** The inverse of `ownStructureOf`. */
export const structureOf = (plain: string, own: string | null): Json =>
  own === null ? [{ insert: plain }] : (JSON.parse(own) as Json)

function saysNoMore(plain: string, structure: Json): boolean {
  if (!isJsonArray(structure) || structure.length !== 1) return false
  const [only] = structure
  return isJsonObject(only) && only.insert === plain && Object.keys(only).length === 1
}
