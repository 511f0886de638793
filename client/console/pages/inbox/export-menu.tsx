/** The conflicts of a view as a file: JSON as the server answers them, CSV with a line for each side. */
import { Button, Menu } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDownload } from '@tabler/icons-react'
import { useState } from 'react'
import type { Json } from '../../../../shared/json.ts'
import { isJsonObject } from '../../../../shared/json.ts'
import type { ConflictView } from '../../../index.ts'
import { messageOf } from '../../components/load-error.tsx'
import { useConsole } from '../../session/console-context.ts'
import type { RestClient } from '../../session/rest-client.ts'
import { conflictsAsCsv } from './conflicts-as-csv.ts'
import type { InboxFilter } from './inbox-filter.ts'
import { restQuery } from './inbox-filter.ts'

export function ExportMenu({ filter }: { readonly filter: InboxFilter }) {
  const { rest, session } = useConsole()
  const [isBusy, setBusy] = useState(false)
  const save = async (format: 'csv' | 'json'): Promise<void> => {
    setBusy(true)
    try {
      const conflicts = await readAll(rest, restQuery(filter, session.subject))
      const text = format === 'json' ? JSON.stringify(conflicts, null, 2) : conflictsAsCsv(conflicts)
      offerFile(
        `conflicts-${filter.view}.${format}`,
        format === 'json' ? 'application/json' : 'text/csv',
        text,
      )
    } catch (error) {
      notifications.show({ color: 'red', title: 'Not exported', message: messageOf(error) })
    }
    setBusy(false)
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          loading={isBusy}
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void save('csv')}>CSV, a line for each side</Menu.Item>
        <Menu.Item onClick={() => void save('json')}>JSON</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

const PAGE_COUNT = 200

async function readAll(rest: RestClient, query: URLSearchParams): Promise<readonly ConflictView[]> {
  const conflicts: Json[] = []
  const params = new URLSearchParams(query)
  params.set('limit', String(PAGE_COUNT))
  for (;;) {
    const page = await rest.read(`/v1/conflicts?${params}`)
    if (!isJsonObject(page) || !Array.isArray(page.items))
      throw new TypeError('the server has answered no page')
    conflicts.push(...page.items)
    // The server answers conflicts in this shape.
    if (typeof page.next !== 'string') return conflicts as unknown as readonly ConflictView[]
    params.set('cursor', page.next)
  }
}

function offerFile(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}
