/** The page "Records": the records of a collection, or one of them. */
import { IconLock } from '@tabler/icons-react'
import { isRecordId } from '../../../../shared/record/record-id.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { Page } from '../../components/page.tsx'
import { useConsole } from '../../session/console-context.ts'
import { useRecordAddress } from '../../session/record-address.ts'
import { CollectionPage } from './collection-page.tsx'
import { RecordPage } from './record-page.tsx'

export default function RecordsPage() {
  const { schema } = useConsole()
  const { collection, id } = useRecordAddress()
  const [first] = schema.keys()
  const spec = schema.get(collection ?? first ?? '')
  if (first === undefined)
    return (
      <Nothing
        title="You may read no records"
        text="None of your roles may read a collection of this server. Ask who runs it, or sign in as somebody else."
      />
    )
  if (spec === undefined)
    return (
      <Nothing
        title="There is no such collection"
        text={`The schema has no collection “${collection}”, or none that you may read.`}
      />
    )
  if (id === null) return <CollectionPage key={spec.name} collection={spec} />
  if (!isRecordId(id)) return <Nothing title="There is no such record" text="No record may have this id." />
  return <RecordPage key={`${spec.name}/${id}`} collection={spec} id={id} />
}

const Nothing = ({ title, text }: { readonly title: string; readonly text: string }) => (
  <Page title="Records">
    <EmptyState title={title} text={text} icon={IconLock} />
  </Page>
)
