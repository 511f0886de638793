/** What an app has to say to be this pane. */
import { Button, Code, CopyButton, Group, Modal, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconCheck, IconCode, IconCopy } from '@tabler/icons-react'
import type { Person } from './scene.ts'
import { COLLECTION, RECORD_ID } from './scene.ts'

export function CopyCode({ person }: { readonly person: Person }) {
  const [isOpen, { open, close }] = useDisclosure(false)
  const code = codeOf(person, location.origin)
  return (
    <>
      <Button
        variant="subtle"
        color="gray"
        size="compact-xs"
        leftSection={<IconCode size={14} aria-hidden />}
        onClick={open}
      >
        Copy as code
      </Button>
      <Modal opened={isOpen} onClose={close} title={`The app of ${person.name}`} size="lg">
        <Text c="dimmed" size="sm" mb="xs">
          This is all that the pane has of Sluice; the rest is the editor and the form.
        </Text>
        <Code block>{code}</Code>
        <Group justify="flex-end" mt="sm">
          <CopyButton value={code}>
            {({ copied, copy }) => (
              <Button
                size="xs"
                onClick={copy}
                leftSection={
                  copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />
                }
              >
                {copied ? 'Copied' : 'Copy'}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Modal>
    </>
  )
}

const codeOf = (person: Person, url: string): string => `import { connect } from 'sluice/client'
import { openText } from 'sluice/text'
import config from './sluice.config.ts'

const client = await connect('${url}', { schema: config, token: '${person.name}' })

const patient = client.record('${COLLECTION}', '${RECORD_ID}')
patient.subscribe(() => render(patient.fields, patient.conflicts))
patient.change((draft) => draft.visits.increment())
patient.change((draft) => { draft.diagnosis = 'bronchitis' })

const notes = await openText(client, '${COLLECTION}', '${RECORD_ID}')
// TipTap: Collaboration.configure({ document: notes.doc, field: 'notes' })

client.disconnect()          // the switch: everything still works
client.connect()             // and now it arrives
`
