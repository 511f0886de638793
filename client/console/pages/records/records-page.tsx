/** The page "Records". */
import { EmptyState } from '../../components/empty-state.tsx'
import { Page } from '../../components/page.tsx'

export default function RecordsPage() {
  return (
    <Page title="Records">
      <EmptyState title="Nothing is here yet" text="" />
    </Page>
  )
}
