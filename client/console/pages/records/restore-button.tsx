/**
 * Writes what a record was as a change of today, through the SDK: so it is checked, merged or held like anything that is
 * typed in, and its author is told what became of it.
 */
import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconRestore } from '@tabler/icons-react'
import { useState } from 'react'
import type { Json, JsonObject } from '../../../../shared/json.ts'
import type { Fields } from '../../../../shared/schema/collection.ts'
import type { CollectionSpec } from '../../../../shared/schema/schema.ts'
import type { ChangeHandle } from '../../../index.ts'
import type { ShownRecord } from '../../../react/index.ts'
import { messageOf } from '../../components/load-error.tsx'
import type { PastRecord } from './time-travel.tsx'
import type { OwnActions } from './use-own-actions.ts'
import { ValueChange } from './value-change.tsx'
import type { FieldDifference } from './write-values.ts'
import { differencesOf, writeValues } from './write-values.ts'

export interface RestoreButtonProps {
  readonly collection: CollectionSpec
  readonly record: ShownRecord<Fields>
  /** Null while it is read. */
  readonly past: PastRecord | null
  readonly own: OwnActions
}

export function RestoreButton({ collection, record, past, own }: RestoreButtonProps) {
  const [isAsking, dialog] = useDisclosure(false)
  const [problem, setProblem] = useState<string | null>(null)
  // The server tells JSON.
  const now = record.fields as JsonObject
  const isGone = record.status === 'deleted'
  const all = past === null || past.deleted ? [] : differencesOf(collection, now, past.fields)
  const restored = all.filter(({ field }) => !record.readOnly.has(field))
  const restore = (): void => {
    if (past === null) return
    try {
      const metadata = { restores: past.version }
      const change = isGone
        ? record.handle.create(valuesOf(past.fields), { metadata })
        : restoring(collection, record, restored, metadata)
      own.track(`restored ${isGone ? 'the record' : restored.map(({ field }) => field).join(', ')}`, change)
      setProblem(null)
      dialog.close()
    } catch (error) {
      setProblem(`${messageOf(error)}.`)
    }
  }
  return (
    <>
      <Button
        size="xs"
        leftSection={<IconRestore size={14} aria-hidden />}
        disabled={past === null || past.deleted || (restored.length === 0 && !isGone)}
        onClick={dialog.open}
      >
        Restore what it was
      </Button>
      <Modal opened={isAsking} onClose={dialog.close} title="Restore what it was" size="lg">
        <Stack gap="xs">
          <Text size="sm" c="dimmed">
            These values are written as a change of yours: nothing goes out of the history, and a critical
            value that somebody else writes meanwhile is held.
          </Text>
          {restored.map(({ field, before, after }) => (
            <div key={field}>
              <Text size="xs" fw={500} dir="auto">
                {field}
              </Text>
              <ValueChange spec={collection.fields.get(field) ?? null} before={before} after={after} />
            </div>
          ))}
          {all.length === restored.length ? null : (
            <Alert color="gray" p="xs">
              {all.length - restored.length} of the fields you may not write. They stay as they are.
            </Alert>
          )}
          {problem === null ? null : (
            <Alert color="red" p="xs" role="alert">
              {problem}
            </Alert>
          )}
          <Group justify="flex-end" gap="xs">
            <Button size="xs" variant="default" onClick={dialog.close}>
              Leave it
            </Button>
            <Button size="xs" onClick={restore} data-autofocus>
              Restore
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}

function restoring(
  collection: CollectionSpec,
  { handle }: ShownRecord<Fields>,
  restored: readonly FieldDifference[],
  metadata: JsonObject,
): ChangeHandle {
  const values = Object.fromEntries(
    restored.map(({ field, before, after }) => [field, { from: before, to: after }]),
  )
  return handle.change((draft) => writeValues(collection, draft, values), { metadata })
}

const valuesOf = (fields: JsonObject): Readonly<Record<string, Json>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
