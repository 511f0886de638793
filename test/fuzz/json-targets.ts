// The readers of request bodies: REST's JSON, and the four bodies that PowerSync connectors send.

import { fieldsToOps, patchToOps } from '../../server/protocols/rest/patch-to-ops.ts'
import { parseJsonObject } from '../../server/protocols/rest/read-json.ts'
import { readUpload } from '../../server/protocols/upload/read-upload.ts'
import { SluiceError } from '../../shared/errors/error-table.ts'
import { checkSchema } from '../../shared/schema/check-schema.ts'
import type { CollectionSpec } from '../../shared/schema/schema.ts'
import { exactToJson, parseExactJson } from '../../shared/wire/exact-json.ts'
import { parseStrictJson } from '../../shared/wire/strict-json.ts'
import config from '../../sluice.config.ts'
import type { SeededRandom } from '../support/seeded-random.ts'
import { mutateBytes } from './byte-mutator.ts'
import type { GateTarget } from './gate-target.ts'
import { outcomeOf } from './gate-target.ts'
import { readRecorded } from './recorded-clients.ts'
import { mutateValue } from './value-mutator.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

export function mutateJson(input: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  if (random.chance(0.4)) return mutateBytes(input, other, random)
  try {
    return utf8(JSON.stringify(mutateValue(JSON.parse(textOf(input)), random)))
  } catch {
    return mutateBytes(input, other, random)
  }
}

/** Bodies of record writes: what the recorded clients' records look like over REST, with every operator. */
export const restBodies: readonly object[] = [
  { id: 'P-1', name: 'Ada', heartRate: 70, diagnosis: 'flu', allergies: ['nuts'], dose: 5, doseUnit: 'mg' },
  { name: 'Ada', bloodPressure: null, allergies: { $add: ['eggs', 'milk'], $remove: ['nuts'] } },
  { id: 'i-1', name: 'Box', stock: 5 },
  { stock: { $increment: -2 } },
  { id: 'o-1', status: 'pending', price: 1.5, lines: { a: 1, b: null }, placedAt: '2026-03-01T09:30:00Z' },
  { choose: 'side', note: 'why', seen: ['a', 'b'] },
]

function demoCollections(): readonly CollectionSpec[] {
  const checked = checkSchema(config)
  if (!checked.ok) throw new Error('the demo schema is wrong')
  return [...checked.schema.values()]
}

export function restTarget(): GateTarget {
  const collections = demoCollections()
  return {
    name: 'rest-body',
    batch: 512,
    seeds: restBodies.map((body) => utf8(JSON.stringify(body))),
    mutate: mutateJson,
    run(input) {
      try {
        const value = parseJsonObject('the body', textOf(input))
        fieldsToOps(value)
        const results = collections.map((collection) => patchToOps(collection, value))
        const refusals = results.flatMap((result) => (result.ok ? [] : [outcomeOf(result.error.message)]))
        return { outcome: `accepted ${refusals[0] ?? ''}` }
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error
        return { outcome: outcomeOf(error.message) }
      }
    },
  }
}

const BODY_LIMITS = { depthMax: 128, valuesMax: 200_000 }
const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE']

/** The recorded bodies (A), and the same operations in the three other forms. */
export function uploadBodies(): readonly string[] {
  const recorded = readRecorded().upload
  const others = recorded.flatMap((body) => {
    const { batch } = JSON.parse(body) as { batch: readonly Record<string, unknown>[] }
    return batch.flatMap(({ op, type, id, data }) => [
      JSON.stringify({ op, table: type, id, opData: data }),
      JSON.stringify({ batch: [{ op, table: type, id, data }] }),
      JSON.stringify({ table: type, data: { id, ...(data as object | null) } }),
    ])
  })
  return [...recorded, ...new Set(others)]
}

export function uploadTarget(): GateTarget {
  return {
    name: 'upload-body',
    batch: 512,
    seeds: uploadBodies().map(utf8),
    mutate: mutateJson,
    run(input) {
      const text = textOf(input)
      const parsed = parseExactJson(text, BODY_LIMITS)
      checkStrict(text)
      if (!parsed.ok) return { outcome: outcomeOf(parsed.problem) }
      JSON.stringify(exactToJson(parsed.value))
      const reads = METHODS.map((method) => readUpload(method, parsed.value))
      const problems = reads.flatMap((read) => {
        if (!read.ok) return [read.problem]
        return read.entries.map((entry) => (entry.ok ? `accepted ${entry.op.op}` : entry.op.problem))
      })
      return { outcome: [...new Set(problems.map(outcomeOf))].sort().join(' ').slice(0, 120) }
    },
  }
}

/** The reader of awareness states and of metadata. */
function checkStrict(text: string): void {
  try {
    JSON.stringify(parseStrictJson(text, 32))
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'MalformedBytes') throw error
  }
}
