/** Kills the server and starts it again, and shows that the record is what it was. */
import { Button, Group, Text, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconPower } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { isJsonObject } from '../../../../shared/json.ts'
import { RelativeTime } from '../../components/relative-time.tsx'
import { useConsole } from '../../session/console-context.ts'
import type { RestClient } from '../../session/rest-client.ts'
import { COLLECTION, RECORD_ID } from './scene.ts'

interface ServerProcess {
  readonly pid: number
  readonly startedAt: string
}

const POLL_MS = 250
const POLLS_MAX = 240

/** @param onBack told when the server is there again. */
export function RestartServer({ onBack }: { readonly onBack: () => void }) {
  const { rest } = useConsole()
  const [server, setServer] = useState<ServerProcess | null>(null)
  const [isBusy, setBusy] = useState(false)
  useEffect(() => {
    readProcess(rest).then(setServer)
  }, [rest])
  // Without a supervisor nobody could start it again.
  if (server === null) return null
  const restart = async (): Promise<void> => {
    setBusy(true)
    const before = await readVersion(rest)
    // The server may be gone before it has answered.
    await rest.send('/demo/server/restart', { method: 'POST' }).catch(() => null)
    const next = await awaitNext(rest, server.pid)
    setBusy(false)
    if (next === null) return tell('The server has not come back', 'Look at its terminal.', 'red')
    setServer(next)
    onBack()
    const isSame = before !== null && (await readVersion(rest)) === before
    tell(
      `Process ${server.pid} was killed, ${next.pid} goes on`,
      isSame
        ? 'It read the same file: the record is at the version it was at. Nothing acknowledged was lost.'
        : 'It read the same file. Somebody has written meanwhile, so the version is another one.',
      'teal',
    )
  }
  return (
    <Group gap="xs">
      <Text size="xs" c="dimmed" className="tabular">
        process {server.pid}, started <RelativeTime at={server.startedAt} />
      </Text>
      <Tooltip label="Ends the server by SIGKILL: no last word, no flush" position="bottom-end">
        <Button
          size="xs"
          variant="default"
          loading={isBusy}
          onClick={() => void restart()}
          leftSection={<IconPower size={15} aria-hidden />}
        >
          Restart the server
        </Button>
      </Tooltip>
    </Group>
  )
}

const tell = (title: string, message: string, color: string): void => {
  notifications.show({ title, message, color, autoClose: 12_000 })
}

async function readProcess(rest: RestClient): Promise<ServerProcess | null> {
  const body = await rest.read('/demo/server').catch(() => null)
  return isJsonObject(body) && typeof body.pid === 'number' && typeof body.startedAt === 'string'
    ? { pid: body.pid, startedAt: body.startedAt }
    : null
}

async function readVersion(rest: RestClient): Promise<string | null> {
  const body = await rest.read(`/v1/records/${COLLECTION}/${RECORD_ID}`).catch(() => null)
  return isJsonObject(body) && typeof body.version === 'string' ? body.version : null
}

async function awaitNext(rest: RestClient, pid: number): Promise<ServerProcess | null> {
  for (let polls = 0; polls < POLLS_MAX; polls += 1) {
    const next = await readProcess(rest)
    if (next !== null && next.pid !== pid) return next
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
  return null
}
