/** The rich texts of a record: who wrote which part, what they were, and how two versions differ. */
import { NativeSelect, Stack } from '@mantine/core'
import { useState } from 'react'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import { recordPath } from '../../session/record-address.ts'
import { TextPanel } from './text-panel.tsx'

export interface TextsTabProps {
  readonly collection: CollectionSpec
  readonly id: string
}

export function TextsTab({ collection, id }: TextsTabProps) {
  const [first = ''] = collection.texts
  const [field, setField] = useState(first)
  return (
    <Stack gap="sm">
      {collection.texts.length < 2 ? null : (
        <NativeSelect
          size="xs"
          w={200}
          label="Text"
          data={[...collection.texts]}
          value={field}
          onChange={(event) => setField(event.currentTarget.value)}
        />
      )}
      <TextPanel key={field} path={recordPath(collection.name, id)} field={field} />
    </Stack>
  )
}
