/** What is shown where there is nothing: what it means, and what one may do. */
import { Center, Stack, Text, ThemeIcon } from '@mantine/core'
import type { TablerIcon } from '@tabler/icons-react'
import { IconRipple } from '@tabler/icons-react'
import type { ReactNode } from 'react'

export interface EmptyStateProps {
  readonly title: string
  readonly text: ReactNode
  readonly icon?: TablerIcon
  readonly action?: ReactNode
}

export const EmptyState = ({ title, text, icon: Icon = IconRipple, action }: EmptyStateProps) => (
  <Center mih={220} p="lg">
    <Stack align="center" gap={6} maw={420}>
      <ThemeIcon variant="light" size={44} radius="xl" mb={4} aria-hidden>
        <Icon size={22} stroke={1.6} />
      </ThemeIcon>
      <Text fw={600} size="lg" ta="center">
        {title}
      </Text>
      <Text c="dimmed" ta="center">
        {text}
      </Text>
      {action}
    </Stack>
  </Center>
)
