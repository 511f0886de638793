/** Everything that is known of one record. Read again while it is in sight. */
import { Button, Group, SimpleGrid, Skeleton, Stack } from '@mantine/core'
import { Link } from 'wouter'
import { LoadError } from '../../components/load-error.tsx'
import { Page } from '../../components/page.tsx'
import { StaleNotice } from '../../components/stale-notice.tsx'
import { StatusBadge } from '../../components/status-badge.tsx'
import { useRefreshed } from '../../hooks/use-refreshed.ts'
import { useConsole } from '../../session/console-context.ts'
import { recordAddress, recordPath } from '../../session/record-address.ts'
import { ChangesPanel } from './changes-panel.tsx'
import { ClocksPanel } from './clocks-panel.tsx'
import { GraphPanel } from './graph-panel.tsx'
import type { Inspection } from './inspection.ts'
import { SessionsPanel, StatePanel } from './room-panel.tsx'
import { SizePanel } from './size-panel.tsx'

const REFRESH_MS = 4_000

export function RecordInspection({ collection, id }: { readonly collection: string; readonly id: string }) {
  const { rest } = useConsole()
  const path = recordPath(collection, id)
  const { body, error } = useRefreshed(rest, `${path}/inspection?sizes=false`, REFRESH_MS)
  // The server's own answer.
  const inspection = body === undefined ? null : (body as unknown as Inspection)
  return (
    <Page
      title={`${collection}/${id}`}
      lead="What the record is made of, who is there, and what was written after what."
      actions={
        <Group gap="xs">
          {inspection?.deleted === true ? <StatusBadge status="dismissed" label="deleted" /> : null}
          <Button
            component={Link}
            href={recordAddress('records', collection, id)}
            variant="default"
            size="xs"
          >
            The record
          </Button>
          <Button component={Link} href="/inspect" variant="default" size="xs">
            Another one
          </Button>
        </Group>
      }
    >
      {inspection === null ? (
        error === null ? (
          <Loading />
        ) : (
          <LoadError error={error} />
        )
      ) : (
        <Panels key={path} path={path} inspection={inspection} error={error} />
      )}
    </Page>
  )
}

interface PanelsProps {
  readonly path: string
  readonly inspection: Inspection
  readonly error: unknown
}

function Panels({ path, inspection, error }: PanelsProps) {
  const { version, documents, sessions, conflicts } = inspection
  const revision = `${version} ${conflicts.map(({ id, state }) => `${id}${state}`).join()}`
  return (
    <>
      {error === null ? null : <StaleNotice error={error} />}
      <Stack gap="sm">
        <SizePanel path={path} />
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
          <Stack gap="sm" miw={0}>
            <GraphPanel
              path={path}
              documents={documents.map(({ document }) => document)}
              revision={revision}
            />
          </Stack>
          <Stack gap="sm" miw={0}>
            <StatePanel inspection={inspection} />
            <SessionsPanel sessions={sessions} />
            <ClocksPanel inspection={inspection} />
          </Stack>
        </SimpleGrid>
        <ChangesPanel path={path} revision={revision} />
      </Stack>
    </>
  )
}

const Loading = () => (
  <Stack gap="sm" aria-busy="true" aria-label="Loading">
    <Skeleton height={150} />
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
      <Skeleton height={320} />
      <Skeleton height={320} />
    </SimpleGrid>
  </Stack>
)
