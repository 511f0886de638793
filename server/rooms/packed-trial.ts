/** Trials and what came of them, on their way to a thread and back. */

import type { TextTrial, TriedText } from '../gate/text-trial.ts'
import type { ChangeTrial, TriedChanges } from '../plan/change-trial.ts'
import type { PackedBytes } from '../threads/packed-bytes.ts'
import { packBytes, unpackBytes } from '../threads/packed-bytes.ts'

export type Trial = TextTrial | ChangeTrial
export type Tried = TriedText | TriedChanges

export type PackedTrial =
  | (Omit<TextTrial, 'stored' | 'update'> & { readonly stored: PackedBytes; readonly update: PackedBytes })
  | (Omit<ChangeTrial, 'stored' | 'snapshot' | 'changes'> & {
      readonly stored: PackedBytes
      readonly snapshot: PackedBytes
      readonly changes: PackedBytes
    })

export type PackedTried =
  | TriedChanges
  | (Omit<TriedText, 'slices'> & { readonly kind: 'text'; readonly slices: PackedBytes })

/** Null is packed as nothing, any bytes as one part. */
const packOne = (bytes: Uint8Array | null): PackedBytes => packBytes(bytes === null ? [] : [bytes])
const unpackOne = (packed: PackedBytes): Uint8Array | null => [...unpackBytes(packed)][0] ?? null

export function packTrial(trial: Trial): PackedTrial {
  const stored = packBytes(trial.stored)
  if (trial.kind === 'text') return { ...trial, stored, update: packOne(trial.update) }
  return { ...trial, stored, snapshot: packOne(trial.snapshot), changes: packBytes(trial.changes) }
}

export function unpackTrial(packed: PackedTrial): Trial {
  const stored = [...unpackBytes(packed.stored)]
  if (packed.kind === 'text') return { ...packed, stored, update: unpackOne(packed.update) }
  return {
    ...packed,
    stored,
    snapshot: unpackOne(packed.snapshot),
    changes: [...unpackBytes(packed.changes)],
  }
}

export const packTried = (tried: Tried): PackedTried =>
  'slices' in tried ? { ...tried, kind: 'text', slices: packBytes(tried.slices) } : tried

export const unpackTried = (packed: PackedTried): Tried =>
  packed.kind === 'text' ? { ...packed, slices: [...unpackBytes(packed.slices)] } : packed

/** The memory that is handed over to the thread. */
export function buffersOf(packed: PackedTrial): readonly ArrayBuffer[] {
  const parts =
    packed.kind === 'text' ? [packed.stored, packed.update] : [packed.stored, packed.snapshot, packed.changes]
  return parts.flatMap(({ bytes, lengths }) => [bytes.buffer, lengths.buffer])
}
