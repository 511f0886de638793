/** Deletes a record, where its user may: after he has said so twice. */
import { Button, Group, Modal, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconTrash } from '@tabler/icons-react'
import type { Fields } from '../../../../shared/schema/collection.ts'
import type { ShownRecord } from '../../../react/index.ts'
import type { OwnActions } from './use-own-actions.ts'

export interface DeleteRecordProps {
  readonly record: ShownRecord<Fields>
  readonly own: OwnActions
}

export function DeleteRecord({ record, own }: DeleteRecordProps) {
  const [isAsking, dialog] = useDisclosure(false)
  const { handle } = record
  const permission = handle.can('delete')
  if (!permission.allowed)
    return (
      <Text size="xs" c="dimmed">
        {permission.reason}.
      </Text>
    )
  const remove = (): void => {
    dialog.close()
    own.track('deleted the record', handle.delete())
  }
  return (
    <Group>
      <Button
        size="xs"
        variant="subtle"
        color="red"
        leftSection={<IconTrash size={14} aria-hidden />}
        onClick={dialog.open}
      >
        Delete the record
      </Button>
      <Modal
        opened={isAsking}
        onClose={dialog.close}
        title={`Delete ${handle.collection}/${handle.id}?`}
        size="sm"
      >
        <Text size="sm">
          It goes out of every list and table. Its history stays, and it can be restored from there.
        </Text>
        <Group justify="flex-end" gap="xs" mt="md">
          <Button size="xs" variant="default" onClick={dialog.close}>
            Keep it
          </Button>
          <Button size="xs" color="red" onClick={remove} data-autofocus>
            Delete
          </Button>
        </Group>
      </Modal>
    </Group>
  )
}
