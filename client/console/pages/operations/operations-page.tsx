/** How the server does: figures with their last five minutes, and who is connected. Read again while it is in sight. */
import { Box, SimpleGrid, Skeleton } from '@mantine/core'
import type { Json } from '../../../../shared/json.ts'
import { LoadError } from '../../components/load-error.tsx'
import { Page } from '../../components/page.tsx'
import { StaleNotice } from '../../components/stale-notice.tsx'
import { useRefreshed } from '../../hooks/use-refreshed.ts'
import { useConsole } from '../../session/console-context.ts'
import { FiguresGrid } from './figures-grid.tsx'
import type { Operations } from './operations-answer.ts'
import { SessionsTable } from './sessions-table.tsx'

const REFRESH_MS = 3_000

export default function OperationsPage() {
  const { rest } = useConsole()
  const { body, error } = useRefreshed(rest, '/v1/operations', REFRESH_MS)
  const operations = operationsOf(body)
  return (
    <Page
      title="Operations"
      lead="Figures of the whole server, and of your tenant: sessions, conflicts, lag and outbox. Prometheus reads them at /metrics."
    >
      {operations === null ? (
        error === null ? (
          <Loading />
        ) : (
          <LoadError error={error} />
        )
      ) : (
        <>
          {error === null ? null : <StaleNotice error={error} />}
          <FiguresGrid operations={operations} />
          <Box mt="md">
            <SessionsTable everyMs={REFRESH_MS} count={operations.tenant.sessions} />
          </Box>
        </>
      )}
    </Page>
  )
}

/** The server's own answer; null until it is there. */
const operationsOf = (body: Json | undefined): Operations | null =>
  body === undefined ? null : (body as unknown as Operations)

const Loading = () => (
  <SimpleGrid cols={{ base: 1, xs: 2, md: 3, xl: 4 }} spacing="sm" aria-busy="true" aria-label="Loading">
    {Array.from({ length: 9 }, (_, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
      <Skeleton key={index} height={128} />
    ))}
  </SimpleGrid>
)
