/**
 * What a person has entered and not sent. It is pinned to what he had before him when he began (`record.form()`), so that
 * a critical value that somebody has changed meanwhile is held, and told so before it is sent.
 */
import { useState } from 'react'
import type { Json } from '../../../../shared/json.ts'
import { jsonEqual } from '../../../../shared/json.ts'
import type { Fields } from '../../../../shared/schema/collection.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import type { ChangeHandle, RecordForm, RecordHandle } from '../../../index.ts'
import { writeValues } from './write-values.ts'

/** @member entered field → its value; of a counter what is added to it. */
interface Editing {
  readonly form: RecordForm<Fields>
  readonly entered: Readonly<Record<string, Json>>
}

export interface RecordEdit {
  readonly entered: Readonly<Record<string, Json>>
  /** What the person had before him when he began; null while nothing is entered. */
  readonly seen: Readonly<Record<string, unknown>> | null
  /** Entered fields that somebody has changed since. */
  readonly changedMeanwhile: readonly string[]
  readonly enter: (field: string, value: Json) => void
  readonly leave: (field: string) => void
  readonly leaveAll: () => void
  /** He has seen what was changed meanwhile: what he has entered is written on top of it. */
  readonly haveSeen: () => void
  /** @returns null if nothing was entered that is otherwise. @throws SluiceError if a value does not fit its field. */
  readonly submit: (metadata: Readonly<Record<string, Json>>) => ChangeHandle | null
}

export function useRecordEdit(collection: CollectionSpec, handle: RecordHandle<Fields>): RecordEdit {
  const [editing, setEditing] = useState<Editing | null>(null)
  const [, setSeen] = useState(0)
  const entered = editing?.entered ?? {}
  const leave = (field: string): void =>
    setEditing((before) => {
      if (before === null) return null
      const others = Object.entries(before.entered).filter(([name]) => name !== field)
      return others.length === 0 ? null : { ...before, entered: Object.fromEntries(others) }
    })
  return {
    entered,
    seen: editing?.form.fields ?? null,
    changedMeanwhile: (editing?.form.changedMeanwhile ?? []).filter(
      (field) => field in entered && collection.fields.get(field)?.kind !== 'counter',
    ),
    enter: (field, value) =>
      setEditing((before) => ({
        form: before?.form ?? handle.form(),
        entered: { ...before?.entered, [field]: value },
      })),
    leave,
    leaveAll: () => setEditing(null),
    haveSeen: () => {
      editing?.form.refresh()
      setSeen((count) => count + 1)
    },
    submit: (metadata) => {
      if (editing === null) return null
      const { form } = editing
      const seen: Readonly<Record<string, unknown>> = form.fields
      const values = Object.fromEntries(
        Object.entries(entered).map(([field, value]) => {
          const from = (seen[field] ?? null) as Json
          const isAdded = collection.fields.get(field)?.kind === 'counter'
          return [field, { from, to: isAdded ? Number(from ?? 0) + Number(value ?? 0) : value }]
        }),
      )
      if (Object.values(values).every(({ from, to }) => jsonEqual(from, to))) {
        setEditing(null)
        return null
      }
      const change = form.submit((draft) => writeValues(collection, draft, values), { metadata })
      setEditing(null)
      return change
    },
  }
}
