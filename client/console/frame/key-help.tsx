/** The list of keys, opened by `?`. */
import { Group, Kbd, Modal, Stack, Text, Title } from '@mantine/core'
import { useKeyGroups } from './keys.ts'

export interface KeyHelpProps {
  readonly isOpen: boolean
  readonly onClose: () => void
}

export function KeyHelp({ isOpen, onClose }: KeyHelpProps) {
  const groups = useKeyGroups()
  return (
    <Modal opened={isOpen} onClose={onClose} title="Keys" size="md">
      <Stack gap="lg">
        {groups.map(({ title, bindings }) => (
          <section key={title}>
            <Title order={3} mb={6}>
              {title}
            </Title>
            <Stack gap={4}>
              {bindings.map(({ keys, label }) => (
                <Group key={keys} justify="space-between" wrap="nowrap">
                  <Text>{label}</Text>
                  <Group gap={4} wrap="nowrap">
                    {keys.split(' ').map((key) => (
                      <Kbd key={key}>{KEY_NAMES[key] ?? key}</Kbd>
                    ))}
                  </Group>
                </Group>
              ))}
            </Stack>
          </section>
        ))}
      </Stack>
    </Modal>
  )
}

const KEY_NAMES: Readonly<Record<string, string>> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
  Enter: '↵',
  Escape: 'Esc',
}
