// TEMPORARY STUB by the planner's author until the real gate lands: overwrite this file.
import * as A from '@automerge/automerge'
import type { DecodedChange } from '@automerge/automerge'
export interface AutomergeLimits { readonly x?: number }
export const defaultAutomergeLimits: AutomergeLimits = {}
export interface KnownHistory {
  hasChange(hash: string): boolean
  maxOp(hash: string): number
  lastSeq(actor: string): number
  hashOf(actor: string, seq: number): string | undefined
  op(opId: string): DecodedChange['ops'][number] | undefined
}
export function vetBatch(changes: readonly Uint8Array[], known: KnownHistory, _limits: AutomergeLimits): {
  accepted: { bytes: Uint8Array; decoded: DecodedChange; hash: string }[]
  refused: { index: number; hash?: string; reason: string }[]
  orphans: Uint8Array[]
} {
  const seen = new Set<string>()
  const accepted = []
  const orphans: Uint8Array[] = []
  for (const bytes of changes) {
    const decoded = A.decodeChange(bytes)
    if (known.hasChange(decoded.hash)) continue
    if (decoded.deps.some((d) => !known.hasChange(d) && !seen.has(d))) { orphans.push(bytes); continue }
    seen.add(decoded.hash)
    accepted.push({ bytes, decoded, hash: decoded.hash })
  }
  return { accepted, refused: [], orphans }
}
