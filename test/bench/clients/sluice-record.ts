// Sluice's SDK in a page that shows a record.
import { connect } from '../../../client/index.ts'
import config from '../sluice.config.ts'
import { runClient } from './run-client.ts'

void runClient(async ({ port }) => {
  const client = await connect(`http://127.0.0.1:${port}`, { schema: config })
  const record = client.record('items', 'bench')
  return {
    read: () => {
      const { title, price, dose, tags } = record.fields
      return title === null ? null : `${title}${price}${dose}${tags.join('')}`
    },
    write: ([title = '', price, dose = '', tag = '']) =>
      void record.create({ title, price: Number(price), dose, tags: [tag] }),
    onChange: (listener) => void record.subscribe(listener),
  }
})
