/** The open conflict about the diagnosis, to be decided here by whom the console's user is. */
import { Button, Group, Paper, SimpleGrid, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { Link } from 'wouter'
import type { Side } from '../../../../shared/conflicts/conflict.ts'
import type { Fields } from '../../../../shared/schema/collection.ts'
import type { ConflictView, RecordHandle } from '../../../index.ts'
import { messageOf } from '../../components/load-error.tsx'
import { RelativeTime } from '../../components/relative-time.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { ValueView } from '../../components/value-view.tsx'
import classes from './held-conflict.module.css'

export interface HeldConflictProps {
  readonly record: RecordHandle<Fields>
  readonly conflict: ConflictView
}

export function HeldConflict({ record, conflict }: HeldConflictProps) {
  const [isBusy, setBusy] = useState(false)
  const choose = async (side: Side): Promise<void> => {
    setBusy(true)
    try {
      const { result } = await record.resolve(conflict.id, { choose: side.id, note: 'decided in the demo' })
      if (result?.status === 'refused') tellOfFailure(result.message)
    } catch (error) {
      tellOfFailure(messageOf(error))
    }
    setBusy(false)
  }
  const challengers = conflict.challengers.filter(({ supersededBy }) => supersededBy === null)
  return (
    <Paper
      withBorder
      component="section"
      aria-label="The open conflict"
      p="md"
      className={classes.conflict ?? ''}
    >
      <Group justify="space-between" mb="sm">
        <Group gap="xs">
          <StatusBadge status={conflict.state} />
          <Text fw={600} component="h2" size="md">
            Two people, two values, neither saw the other’s: which {conflict.fields.join(', ')} is right?
          </Text>
        </Group>
        <Link href={`/inbox/${conflict.id}`} className={classes.link}>
          Open in the inbox
        </Link>
      </Group>
      <SimpleGrid cols={{ base: 1, sm: challengers.length + 1 }} spacing="sm">
        <SideCard
          side={conflict.incumbent}
          label="In force"
          action="Keep"
          isBusy={isBusy}
          onChoose={choose}
        />
        {challengers.map((side) => (
          <SideCard key={side.id} side={side} label="Held" action="Take" isBusy={isBusy} onChoose={choose} />
        ))}
      </SimpleGrid>
    </Paper>
  )
}

const tellOfFailure = (message: string): void => {
  notifications.show({ color: 'red', title: 'Not decided', message })
}

interface SideCardProps {
  readonly side: Side
  readonly label: string
  readonly action: string
  readonly isBusy: boolean
  readonly onChoose: (side: Side) => Promise<void>
}

const SideCard = ({ side, label, action, isBusy, onChoose }: SideCardProps) => (
  <div className={classes.side}>
    <div>
      <Text size="xs" c="dimmed">
        {label}, by {side.author} <RelativeTime at={side.receivedAt} />
      </Text>
      <ValueView value={side.value} />
    </div>
    <Button
      size="xs"
      variant="light"
      loading={isBusy}
      onClick={() => void onChoose(side)}
      aria-label={`${action} it: “${String(side.value)}” by ${side.author}`}
    >
      {action} it
    </Button>
  </div>
)
