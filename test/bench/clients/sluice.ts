// Sluice's SDK in a page.
import { connect } from '../../../client/index.ts'
import config from '../sluice.config.ts'
import type { BenchClient, Opening } from './run-client.ts'
import { runClient } from './run-client.ts'

const connected = (port: string) => connect(`http://127.0.0.1:${port}`, { schema: config })

async function openText(port: string): Promise<BenchClient> {
  const sdk = import('../../../client/text/index.ts')
  const client = await connected(port)
  const { doc } = await (await sdk).openText(client, 'docs', 'bench')
  const body = doc.getText('body')
  return {
    read: () => body.toString(),
    write: (pieces) => {
      for (const piece of pieces) body.insert(body.length, piece)
    },
    onChange: (listener) => void doc.on('update', listener),
  }
}

async function openRecord(port: string): Promise<BenchClient> {
  const record = (await connected(port)).record('items', 'bench')
  return {
    read: () => {
      const { title, price, dose, tags } = record.fields
      return title === null ? null : `${title}${price}${dose}${tags.join('')}`
    },
    write: ([title = '', price, dose = '', tag = '']) =>
      void record.create({ title, price: Number(price), dose, tags: [tag] }),
    onChange: (listener) => void record.subscribe(listener),
  }
}

void runClient(({ kind, port }: Opening) => (kind === 'text' ? openText(port) : openRecord(port)))
