/** What a record was: its history, and a look at any two moments of it. */
import { Stack } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { Fields } from '../../../../shared/schema/collection.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import type { ShownRecord } from '../../../react/index.ts'
import { usePages } from '../../hooks/use-pages.ts'
import { useConsole } from '../../session/console-context.ts'
import { recordPath } from '../../session/record-address.ts'
import type { RecordLine } from './moments.ts'
import { momentsOf, stopsOf } from './moments.ts'
import { TimeTravel } from './time-travel.tsx'
import { Timeline } from './timeline.tsx'
import type { OwnActions } from './use-own-actions.ts'

const PAGE = 50

export interface HistoryTabProps {
  readonly collection: CollectionSpec
  readonly id: string
  readonly record: ShownRecord<Fields>
  readonly own: OwnActions
}

export function HistoryTab({ collection, id, record, own }: HistoryTabProps) {
  const { rest } = useConsole()
  const path = recordPath(collection.name, id)
  const conflicts = record.conflicts.map((conflict) => `${conflict.id} ${conflict.state}`).join()
  const pages = usePages<RecordLine>(rest, `${path}/history?limit=${PAGE}`, `${record.version} ${conflicts}`)
  const moments = useMemo(() => momentsOf(pages.items ?? []), [pages.items])
  const now = record.version
  const stops = useMemo(() => (now === null ? [] : stopsOf(moments, now)), [moments, now])
  const [version, setVersion] = useState<string | null>(null)
  return (
    <Stack gap="sm">
      {now === null || stops.length < 2 ? null : (
        <TimeTravel
          collection={collection}
          path={path}
          record={record}
          stops={stops}
          version={version ?? stops.at(-2)?.version ?? now}
          onTravel={setVersion}
          own={own}
        />
      )}
      <Timeline
        collection={collection}
        pages={pages}
        moments={moments}
        shown={version}
        onTravel={setVersion}
      />
    </Stack>
  )
}
