/** The pages, where one is, and what waits in the inbox. */
import { Badge, NavLink, Stack } from '@mantine/core'
import type { TablerIcon } from '@tabler/icons-react'
import {
  IconActivityHeartbeat,
  IconDatabase,
  IconInbox,
  IconListSearch,
  IconPlayerPlay,
} from '@tabler/icons-react'
import { Link, useLocation } from 'wouter'
import { useInboxCount } from '../hooks/use-inbox-count.ts'
import { useConsole } from '../session/console-context.ts'
import { useKeys } from './keys.ts'

interface Place {
  readonly path: string
  readonly label: string
  readonly key: string
  readonly icon: TablerIcon
}

const PLACES: readonly Place[] = [
  { path: '/demo', label: 'Demo', key: 'd', icon: IconPlayerPlay },
  { path: '/inbox', label: 'Inbox', key: 'i', icon: IconInbox },
  { path: '/records', label: 'Records', key: 'r', icon: IconDatabase },
  { path: '/inspect', label: 'Inspector', key: 's', icon: IconListSearch },
  { path: '/operations', label: 'Operations', key: 'o', icon: IconActivityHeartbeat },
]

export function Navigation({ onNavigate }: { readonly onNavigate: () => void }) {
  const { session } = useConsole()
  const inbox = useInboxCount()
  const [path, navigate] = useLocation()
  const places = PLACES.filter(({ path }) => path !== '/demo' || session.isOpen)
  useKeys(
    'Go to',
    places.map(({ path, label, key }) => ({ keys: `g ${key}`, label, run: () => navigate(path) })),
  )
  return (
    <Stack component="nav" gap={2} aria-label="Pages">
      {places.map(({ path: target, label, icon: Icon }) => (
        <NavLink
          key={target}
          component={Link}
          href={target}
          onClick={onNavigate}
          active={path === target || path.startsWith(`${target}/`)}
          {...(path === target ? { 'aria-current': 'page' as const } : {})}
          label={label}
          leftSection={<Icon size={17} stroke={1.7} aria-hidden />}
          rightSection={target === '/inbox' ? <InboxBadge inbox={inbox} /> : null}
          styles={{ label: { fontSize: 'var(--mantine-font-size-md)' } }}
        />
      ))}
    </Stack>
  )
}

function InboxBadge({ inbox }: { readonly inbox: ReturnType<typeof useInboxCount> }) {
  if (inbox === null || inbox.count === 0) return null
  const shown = `${inbox.count}${inbox.hasMore ? '+' : ''}`
  return (
    <Badge
      size="sm"
      color="orange"
      variant="light"
      className="tabular"
      aria-label={`${shown} open conflicts`}
    >
      {shown}
    </Badge>
  )
}
