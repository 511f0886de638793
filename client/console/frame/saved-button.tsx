/** Whether there is a connection, and whether everything is saved: always in sight, and told to screen readers. */
import { Button, Group, Popover, Stack, Text } from '@mantine/core'
import type { TablerIcon } from '@tabler/icons-react'
import { IconAlertTriangle, IconCloudCheck, IconCloudOff, IconCloudUp, IconLoader } from '@tabler/icons-react'
import { useStatus } from '../hooks/sluice-hooks.ts'
import { useConsole } from '../session/console-context.ts'
import classes from './saved-button.module.css'
import type { Saved } from './saved-state.ts'
import { savedOf } from './saved-state.ts'

const ICONS: Readonly<Record<Saved['tone'], TablerIcon>> = {
  good: IconCloudCheck,
  busy: IconCloudUp,
  waiting: IconCloudOff,
  bad: IconAlertTriangle,
}

export function SavedButton() {
  const { client } = useConsole()
  const status = useStatus()
  const saved = savedOf(status)
  const Icon = status.connection.name === 'connecting' ? IconLoader : ICONS[saved.tone]
  return (
    <Popover width={280} position="bottom-end" withArrow shadow="md">
      <Popover.Target>
        <Button variant="subtle" color="gray" size="compact-sm" className={classes[saved.tone]}>
          <Group gap={6} wrap="nowrap">
            <Icon size={16} stroke={1.8} aria-hidden />
            <span role="status" className={classes.label}>
              {saved.label}
            </span>
          </Group>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <Text size="sm">{saved.explanation}</Text>
          {status.connection.name === 'online' || status.connection.name === 'foreign' ? null : (
            <Button size="xs" variant="default" onClick={() => client.connect()}>
              Connect now
            </Button>
          )}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
