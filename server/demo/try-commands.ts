/** Three commands for the terminal of a newcomer, which work as they are in the demo. */
export const tryCommands = (url: string, databaseFile: string): string => `curl ${url}/v1/conflicts
sqlite3 ${databaseFile} 'SELECT id, name, diagnosis, diagnosis_disputed FROM patients'
node --input-type=module -e "
  import * as Y from 'yjs'
  import { WebsocketProvider } from 'y-websocket'
  import WebSocketPolyfill from 'ws'
  const doc = new Y.Doc()
  const provider = new WebsocketProvider('${url.replace(/^http/, 'ws')}/yjs', 'articles/welcome', doc, { WebSocketPolyfill })
  provider.once('sync', () => { console.log(doc.getXmlFragment('body').toString()); provider.destroy(); doc.destroy() })
"`
