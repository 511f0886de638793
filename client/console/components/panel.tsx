/** A part of a page with a head of its own. */
import { Group, Paper, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './panel.module.css'

export interface PanelProps {
  readonly title: string
  /** Beside the title: what it is about, or what can be done. */
  readonly aside?: ReactNode
  readonly children: ReactNode
}

export const Panel = ({ title, aside, children }: PanelProps) => (
  <Paper withBorder component="section" aria-label={title} className={classes.panel ?? ''}>
    <Group justify="space-between" gap="xs" className={classes.head ?? ''}>
      <Text fw={600} size="sm" component="h2">
        {title}
      </Text>
      {aside}
    </Group>
    {children}
  </Paper>
)

/** What a panel says that has nothing to show. */
export const PanelNote = ({ children }: { readonly children: ReactNode }) => (
  <Text c="dimmed" size="sm" p="sm">
    {children}
  </Text>
)
