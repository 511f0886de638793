/** Looks into one record, or asks which. */
import { Page } from '../../components/page.tsx'
import { useRecordAddress } from '../../session/record-address.ts'
import { RecordChooser } from './record-chooser.tsx'
import { RecordInspection } from './record-inspection.tsx'

export default function InspectorPage() {
  const { collection, id } = useRecordAddress()
  if (collection !== null && id !== null) return <RecordInspection collection={collection} id={id} />
  return (
    <Page
      title="Inspector"
      lead="For one record: what it takes and why, who wrote what after what, and who is there."
    >
      <RecordChooser />
    </Page>
  )
}
