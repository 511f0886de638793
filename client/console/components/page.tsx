/** The head that all pages share: the title, what the page is for, and its actions. */
import { Box, Group, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useEffect } from 'react'

export interface PageProps {
  readonly title: string
  /** One line, for whoever is here for the first time. */
  readonly lead?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export function Page({ title, lead, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Sluice`
  }, [title])
  return (
    <Box px={{ base: 'sm', sm: 'lg' }} py="md">
      <Group justify="space-between" align="flex-start" mb="md" gap="sm">
        <Box>
          <Title order={1} dir="auto">
            {title}
          </Title>
          {lead === undefined ? null : (
            <Text c="dimmed" size="md" maw="70ch" mt={2}>
              {lead}
            </Text>
          )}
        </Box>
        {actions === undefined ? null : <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Box>
  )
}
