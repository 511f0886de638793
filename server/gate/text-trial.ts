/**
 * A trial of a Yjs update on a copy of its document (W6), in a thread that may be killed: the gate's checks, and
 * then what Yjs makes of it. What comes back is cut into pieces that the live document takes in between others' work.
 */
import * as Y from 'yjs'
import { namelessDoc } from './nameless-doc.ts'
import { sliceUpdate, structStartsOf } from './slice-update.ts'
import type { UpdateVerdict } from './update-verdict.ts'
import { vetUpdate } from './yjs-gate.ts'
import type { YjsLimits } from './yjs-limits.ts'

export interface TextTrial {
  readonly kind: 'text'
  /** The document as it is, as updates in their order. */
  readonly stored: readonly Uint8Array[]
  /** Of a client; null to have the document itself cut into pieces. */
  readonly update: Uint8Array | null
  readonly roots: readonly string[]
  readonly limits: YjsLimits
}

export interface TriedText {
  /** It does not say whether the sender may write as the update's authors: ask that of `authors`. */
  readonly verdict: UpdateVerdict
  /** What the update adds to the document, in the document's own words; null if nothing. */
  readonly added: Uint8Array | null
  /** The same, as updates that each take little time. */
  readonly slices: readonly Uint8Array[]
}

export function tryText({ stored, update, roots, limits }: TextTrial): TriedText {
  const doc = namelessDoc()
  try {
    doc.transact(() => {
      for (const one of stored) Y.applyUpdate(doc, one)
    })
    if (update === null) {
      const added = Y.encodeStateAsUpdate(doc)
      return {
        verdict: { ok: true, empty: false, authors: [] },
        added,
        slices: sliceUpdate(added, new Map()),
      }
    }
    const verdict = vetUpdate(doc, update, { roots: new Set(roots), mayWriteAs: () => true, limits })
    if (!verdict.ok || verdict.empty) return { verdict, added: null, slices: [] }
    const before = structStartsOf(doc)
    const added = appliedTo(doc, update)
    return { verdict, added, slices: added === null ? [] : sliceUpdate(added, before) }
  } finally {
    doc.destroy()
  }
}

/**
 * Applies an update. @returns what it has added to the document, in the document's own words; null if nothing.
 * The sender's bytes are not kept: they may tell once more what others wrote, and tell it otherwise.
 */
export function appliedTo(doc: Y.Doc, update: Uint8Array): Uint8Array | null {
  const added: Uint8Array[] = []
  const keep = (bytes: Uint8Array): void => void added.push(bytes)
  doc.on('update', keep)
  try {
    Y.applyUpdate(doc, update)
  } finally {
    doc.off('update', keep)
  }
  const [first] = added
  if (first === undefined) return null
  return added.length === 1 ? first : Y.mergeUpdates(added)
}
