/**
 * What a checkpoint says and what its digest covers (S7). Each names the one before by its digest, so the
 * newest one vouches for all heads that any of them covers.
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isLane } from '../plan/plan.ts'
import type { CheckpointBody, CheckpointHead } from '../storage/audit-storage.ts'

export const encodeHeads = (heads: readonly CheckpointHead[]): string =>
  JSON.stringify(
    heads.map(({ key, lane, version, chain }) => [key.tenant, key.collection, key.id, lane, version, chain]),
  )

const rows = z.array(
  z.tuple([z.string(), z.string(), z.string(), z.string().refine(isLane), z.number(), z.string()]),
)

/** @returns null for a text that `encodeHeads` has not made. */
export function decodeHeads(text: string): readonly CheckpointHead[] | null {
  const read = rows.safeParse(parse(text))
  if (!read.success) return null
  return read.data.map(([tenant, collection, id, lane, version, chain]) => ({
    key: { tenant, collection, id },
    lane,
    version,
    chain,
  }))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export const digestOfCheckpoint = (body: CheckpointBody): string =>
  createHash('sha256')
    .update(
      JSON.stringify([
        'sluice checkpoint 1',
        body.number,
        body.at,
        body.position,
        body.heads,
        body.previous,
        body.keyId,
      ]),
    )
    .digest('hex')
