// What a reader sees of a saved document, as one text that can be compared.
import { createHash } from 'node:crypto'
import * as Automerge from '@automerge/automerge'
import * as Y from 'yjs'
import { contentOf } from '../server/gate/document-content.ts'
import type { SavedDocument } from './gate-target.ts'

/** Loads a saved document as somebody does who has nothing but its bytes. */
export function loadedView({ kind, bytes }: Pick<SavedDocument, 'kind' | 'bytes'>): string {
  if (kind === 'automerge') {
    const doc = Automerge.load(bytes)
    const view = automergeView(doc)
    Automerge.free(doc)
    return view
  }
  const doc = new Y.Doc()
  Y.applyUpdate(doc, bytes)
  const pending = doc.store.pendingStructs !== null || doc.store.pendingDs !== null
  const view = pending ? 'pending' : yjsView(doc)
  doc.destroy()
  return view
}

export const automergeView = (doc: Automerge.Doc<unknown>): string =>
  digest([Automerge.getHeads(doc), Automerge.toJS(doc)])

export const yjsView = (doc: Y.Doc): string => digest(contentOf(doc))

const digest = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(value, plain) ?? '')
    .digest('base64')

/** The same text for the same value, whatever the order of its keys. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value instanceof Uint8Array) return [...value]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
