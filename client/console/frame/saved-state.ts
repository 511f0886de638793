/** What the state of a client means for whoever works with it. Pure. */
import type { ShownStatus } from '../../react/index.ts'

export interface Saved {
  readonly tone: 'good' | 'busy' | 'waiting' | 'bad'
  readonly label: string
  /** What that means for whoever works here. */
  readonly explanation: string
}

/** Pure: what is shown of a client's state. */
export function savedOf({ connection, storage, pendingCount }: ShownStatus): Saved {
  const changes = `${pendingCount} ${pendingCount === 1 ? 'change' : 'changes'}`
  const kept =
    storage.type !== 'durable'
      ? 'This browser does not keep it: closing the tab would lose it.'
      : 'It is kept in this browser and sent when there is a connection.'
  switch (connection.name) {
    case 'online':
      return pendingCount === 0
        ? { tone: 'good', label: 'Saved', explanation: 'Connected. The server has everything, durably.' }
        : {
            tone: 'busy',
            label: `Saving ${changes}`,
            explanation: 'Connected. The server has not confirmed everything.',
          }
    case 'idle':
    case 'connecting':
      return {
        tone: 'busy',
        label: 'Connecting',
        explanation: pendingCount === 0 ? 'Nothing waits to be sent.' : kept,
      }
    case 'offline':
      return {
        tone: 'waiting',
        label: pendingCount === 0 ? 'Offline' : `Offline, ${changes} to send`,
        explanation: `${capital(connection.reason)}. ${pendingCount === 0 ? 'Nothing waits to be sent.' : kept}`,
      }
    case 'stopped':
      return {
        tone: connection.code === null ? 'waiting' : 'bad',
        label: pendingCount === 0 ? 'Disconnected' : `Disconnected, ${changes} to send`,
        explanation: `${capital(connection.reason)}. ${pendingCount === 0 ? 'Nothing waits to be sent.' : kept}`,
      }
    case 'foreign':
      return {
        tone: 'bad',
        label: 'Not connected',
        explanation: `This browser holds unsent work of ${connection.owner.subject}, and waits for him.`,
      }
  }
}

const capital = (text: string): string =>
  text === '' ? 'No connection' : text.charAt(0).toUpperCase() + text.slice(1)
