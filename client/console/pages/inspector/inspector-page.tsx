/** Looks into one record, or asks which. */
import { Route, Switch } from 'wouter'
import { Page } from '../../components/page.tsx'
import { RecordChooser } from './record-chooser.tsx'
import { RecordInspection } from './record-inspection.tsx'

export default function InspectorPage() {
  return (
    <Switch>
      <Route path="/inspect/:collection/:id">
        {({ collection, id }) => <RecordInspection collection={collection} id={id} />}
      </Route>
      <Route>
        <Page
          title="Inspector"
          lead="For one record: what it takes and why, who wrote what after what, and who is there."
        >
          <RecordChooser />
        </Page>
      </Route>
    </Switch>
  )
}
