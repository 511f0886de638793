/** The first page: what Sluice does, to be tried in three steps. */
import { Button } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { Link } from 'wouter'
import { EmptyState } from '../../components/empty-state.tsx'
import { Page } from '../../components/page.tsx'
import { useConsole } from '../../session/console-context.ts'
import { DemoScene } from './demo-scene.tsx'
import { hasScene } from './scene.ts'

export default function DemoPage() {
  const { session, schema } = useConsole()
  if (session.isOpen && hasScene(schema)) return <DemoScene />
  return (
    <Page title="Demo">
      <EmptyState
        title="The demo is not on this server"
        text="It plays in an open demo with the demo schema: npm start, without settings."
        icon={IconPlayerPlay}
        action={
          <Button component={Link} href="/inbox" variant="light" size="xs" mt="xs">
            Go to the inbox
          </Button>
        }
      />
    </Page>
  )
}
