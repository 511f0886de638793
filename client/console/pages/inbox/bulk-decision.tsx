/** Decides everything that a view shows at once: first what would happen, then the same, if nothing has changed since. */
import { Alert, Button, Group, Modal, Radio, Stack, Table, Text, Textarea } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { IconChecks } from '@tabler/icons-react'
import { useState } from 'react'
import type { Json, JsonObject } from '../../../../shared/json.ts'
import { isJsonObject } from '../../../../shared/json.ts'
import { messageOf } from '../../components/load-error.tsx'
import { useKeys } from '../../frame/keys.ts'
import { useConsole } from '../../session/console-context.ts'
import type { InboxFilter } from './inbox-filter.ts'

const ACTIONS = [
  { value: 'incumbent', label: 'Keep what is in force' },
  { value: 'newest-challenger', label: 'Take the newest challenger' },
  { value: 'oldest-challenger', label: 'Take the oldest challenger' },
  { value: 'dismiss', label: 'Dismiss: nothing to decide (needs a note)' },
  { value: 'assign', label: 'Take them on' },
] as const

type ActionName = (typeof ACTIONS)[number]['value']

interface DryRun {
  readonly count: number
  readonly forbidden: number
  readonly digest: string
  readonly groups: readonly JsonObject[]
}

export function BulkDecision({ filter }: { readonly filter: InboxFilter }) {
  const [isOpen, dialog] = useDisclosure(false)
  useKeys('Inbox', [{ keys: 'b', label: 'Decide many at once', run: dialog.open }])
  // An archive has nothing to decide, and what a value holds no bulk filter asks for.
  const isPossible = (filter.view === 'waiting' || filter.view === 'mine') && filter.value === null
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconChecks size={14} aria-hidden />}
        onClick={dialog.open}
        disabled={!isPossible}
      >
        Decide many…
      </Button>
      <Modal opened={isOpen && isPossible} onClose={dialog.close} title="Decide many at once" size="lg">
        <BulkForm filter={filter} onDone={dialog.close} />
      </Modal>
    </>
  )
}

function BulkForm({ filter, onDone }: { readonly filter: InboxFilter; readonly onDone: () => void }) {
  const { rest, session } = useConsole()
  const [action, setAction] = useState<ActionName>('incumbent')
  const [note, setNote] = useState('')
  const [dryRun, setDryRun] = useState<DryRun | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  const isDecision = action !== 'assign'
  const request = (more: JsonObject): JsonObject => ({
    filter: bulkFilter(filter, session.subject),
    action: bulkAction(action, session.subject),
    ...(isDecision && note.trim() !== '' ? { note: note.trim() } : {}),
    ...more,
  })
  const ask = async (body: JsonObject): Promise<JsonObject | null> => {
    setBusy(true)
    setProblem(null)
    try {
      const answer: Json = (await rest.send('/v1/conflicts/bulk', { method: 'POST', body })).body
      return isJsonObject(answer) ? answer : null
    } catch (error) {
      setProblem(messageOf(error))
      setDryRun(null)
      return null
    } finally {
      setBusy(false)
    }
  }
  const look = async (): Promise<void> => {
    const answer = await ask(request({ dryRun: true }))
    if (answer !== null) setDryRun(answer as unknown as DryRun)
  }
  const carryOut = async ({ digest }: DryRun): Promise<void> => {
    const answer = await ask(request({ dryRun: false, expected: digest }))
    if (answer === null) return
    notifications.show({ color: 'teal', title: 'Done', message: summaryOf(answer) })
    onDone()
  }
  const change = (next: () => void): void => {
    next()
    setDryRun(null)
  }
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        Of {filter.collection ?? 'all collections'}
        {filter.author === null ? '' : `, with a side by ${filter.author}`}
        {filter.view === 'mine' ? ', assigned to you' : ''}.
      </Text>
      <Radio.Group
        label="What"
        value={action}
        onChange={(value) => change(() => setAction(value as ActionName))}
      >
        <Stack gap={6} mt={4}>
          {ACTIONS.map(({ value, label }) => (
            <Radio key={value} value={value} label={label} size="xs" />
          ))}
        </Stack>
      </Radio.Group>
      {isDecision ? (
        <Textarea
          label="Note"
          size="xs"
          value={note}
          maxLength={4096}
          onChange={({ currentTarget: { value } }) => change(() => setNote(value))}
        />
      ) : null}
      {problem === null ? null : (
        <Alert color="red" role="alert">
          {problem}
        </Alert>
      )}
      {dryRun === null ? null : <DryRunTable dryRun={dryRun} />}
      <Group justify="flex-end" gap="xs">
        {dryRun === null ? (
          <Button
            size="xs"
            loading={isBusy}
            disabled={action === 'dismiss' && note.trim() === ''}
            onClick={() => void look()}
          >
            What would happen?
          </Button>
        ) : (
          <Button
            size="xs"
            loading={isBusy}
            disabled={dryRun.count - dryRun.forbidden === 0}
            onClick={() => void carryOut(dryRun)}
          >
            Do it to {dryRun.count - dryRun.forbidden}
          </Button>
        )}
      </Group>
    </Stack>
  )
}

const DryRunTable = ({ dryRun }: { readonly dryRun: DryRun }) => (
  <div>
    <Text size="sm" fw={600} role="status">
      {dryRun.count} conflicts
      {dryRun.forbidden === 0 ? '' : `, of which you may not decide ${dryRun.forbidden}`}
    </Text>
    <Table fz="xs" mt={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Collection</Table.Th>
          <Table.Th>Fields</Table.Th>
          <Table.Th>Kind</Table.Th>
          <Table.Th>Conflicts</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {dryRun.groups.map(({ collection, kind, fields, count }) => (
          <Table.Tr key={JSON.stringify([collection, kind, fields])}>
            <Table.Td>{String(collection)}</Table.Td>
            <Table.Td>{Array.isArray(fields) ? fields.join(', ') : ''}</Table.Td>
            <Table.Td>{String(kind)}</Table.Td>
            <Table.Td className="tabular">{String(count)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  </div>
)

const bulkFilter = (filter: InboxFilter, me: string): JsonObject => ({
  ...(filter.view === 'mine' ? { assignee: me } : {}),
  ...(filter.collection === null ? {} : { collection: filter.collection }),
  ...(filter.author === null ? {} : { author: filter.author }),
})

function bulkAction(action: ActionName, me: string): JsonObject {
  if (action === 'dismiss') return { dismiss: true }
  return action === 'assign' ? { assign: me } : { choose: action }
}

/** `12 decided, 1 stale`. */
function summaryOf({ results }: JsonObject): string {
  const counts = new Map<string, number>()
  for (const one of Array.isArray(results) ? results : [])
    if (isJsonObject(one)) counts.set(String(one.status), (counts.get(String(one.status)) ?? 0) + 1)
  return [...counts].map(([status, count]) => `${count} ${status.replaceAll('-', ' ')}`).join(', ')
}
