/** A record as a component shows it. */

import type { Fields } from '../../shared/schema/collection.ts'
import type { Collections } from '../../shared/schema/config.ts'
import type { InferFields } from '../../shared/schema/infer-record.ts'
import type { Refusal } from '../../shared/sync/messages.ts'
import type { Decision } from '../decisions.ts'
import type { RecordView } from '../record/record-view.ts'
import type { OwnChange, RecordHandle } from '../record-handle.ts'
import type { SluiceClient } from '../sluice-client.ts'
import { sameValue } from './same-value.ts'
import type { Source } from './shared-source.ts'

/** Never changes: what changes is another one. */
export interface ShownRecord<F extends Fields> extends Omit<RecordView, 'fields'> {
  readonly fields: InferFields<F>
  /** Whether the server has told on this connection what there is. */
  readonly isCurrent: boolean
  /** Why the server does not tell of the record; null if it does. */
  readonly refusal: Refusal | null
  /** Own changes that are under way or lost, oldest first. */
  readonly changes: readonly OwnChange[]
  /** Decisions about this record's conflicts that the server has not answered. */
  readonly deciding: readonly Decision[]
  /** For what a person does: `handle.change(…)`, `resolve`, `form`, … The same one for as long as it is shown. */
  readonly handle: RecordHandle<F>
}

export function recordSource<C extends Collections, Name extends keyof C & string>(
  client: SluiceClient<C>,
  collection: Name,
  id: string,
): Source<ShownRecord<C[Name]['fields']>> {
  const handle = client.record(collection, id)
  let shown: ShownRecord<C[Name]['fields']> | null = null
  const listeners = new Set<() => void>()
  const changed = (): void => {
    shown = null
    for (const listener of [...listeners]) listener()
  }
  const stopRecord = handle.subscribe(changed)
  // The client tells of every record; of this one only the decisions that wait are not told by itself.
  const stopClient = client.subscribe(() => {
    if (shown !== null && !sameValue(shown.deciding, handle.deciding)) changed()
  })
  return {
    snapshot: () => {
      shown ??= showRecord(handle)
      return shown
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    hasContent: () => handle.status !== 'unknown' || handle.isCurrent || handle.refusal !== null,
    close: () => {
      stopRecord()
      stopClient()
      handle.close()
    },
  }
}

const showRecord = <F extends Fields>(handle: RecordHandle<F>): ShownRecord<F> => ({
  ...handle.view,
  fields: handle.fields,
  isCurrent: handle.isCurrent,
  refusal: handle.refusal,
  changes: handle.changes,
  deciding: handle.deciding,
  handle,
})
