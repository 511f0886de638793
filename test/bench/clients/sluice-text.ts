// Sluice's SDK in a page that shows a text.
import { connect } from '../../../client/index.ts'
import { openText } from '../../../client/text/index.ts'
import config from '../sluice.config.ts'
import { runClient } from './run-client.ts'

void runClient(async ({ port }) => {
  const client = await connect(`http://127.0.0.1:${port}`, { schema: config })
  const { doc } = await openText(client, 'docs', 'bench')
  const body = doc.getText('body')
  return {
    read: () => body.toString(),
    write: (pieces) => {
      for (const piece of pieces) body.insert(body.length, piece)
    },
    onChange: (listener) => void doc.on('update', listener),
  }
})
