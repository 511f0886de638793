/**
 * Lets somebody in who is nobody, over connections in memory, as often as it takes for the code that lets clients in to be
 * compiled: the first who came after a start would wait for that otherwise, and after a deployment all come at once. It
 * touches neither rooms nor the store, and counts nowhere.
 */
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { Duplex } from 'node:stream'
import type { Door } from './door.ts'
import { SessionDirectory } from './session-directory.ts'
import type { UpgradeParts } from './upgrades.ts'
import { Upgrades } from './upgrades.ts'

export interface JoinWarmUpParts extends Pick<UpgradeParts, 'settings' | 'log' | 'now' | 'clock' | 'newId'> {
  /** Lets in whoever has no token. */
  readonly authenticator: UpgradeParts['authenticator']
  /** Lets others have their turn. */
  readonly pause: () => Promise<void>
}

/** Enough that the compiler takes notice. */
const JOINS = 60
/** As browsers and `ws` ask. The key is the example of RFC 6455. */
const UPGRADE = `GET /yjs/nothing/nobody HTTP/1.1\r
Host: localhost\r
Connection: Upgrade\r
Upgrade: websocket\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
\r
`
/** Of a client, so it is masked: with zeros. A question, an answer, and then the goodbye. */
const FRAMES = Buffer.from([0x82, 0x84, 0, 0, 0, 0, 0, 0, 1, 0, 0x82, 0x85, 0, 0, 0, 0, 0, 1, 2, 0, 0])
const GOODBYE = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8])

/** @returns how many frames were answered. @throws what `pause` throws. */
export async function warmUpJoins({ pause, ...parts }: JoinWarmUpParts): Promise<number> {
  let answered = 0
  const door: Door = {
    connect: (session) => ({
      onFrame(frame) {
        answered += 1
        if (answered % 2 === 0) session.send(frame)
        else session.sendShared(frame)
      },
      onClose() {},
    }),
  }
  const upgrades = new Upgrades({
    ...parts,
    revocations: { watch: () => () => {} },
    addressOf: () => '',
    doors: new Map([['yjs', { name: 'yjs', door }]]),
    sessions: new SessionDirectory(),
    measures: { ended: () => {} },
  })
  const http = createServer()
  http.on('upgrade', (request, socket, head) => upgrades.handle(request, socket, head))
  try {
    for (let join = 0; join < JOINS; join++) await joinOnce(http, pause)
  } finally {
    upgrades.stop()
  }
  return answered
}

async function joinOnce(http: Server, pause: () => Promise<void>): Promise<void> {
  const line = new Line()
  http.emit('connection', line)
  try {
    for (const said of [UPGRADE, FRAMES, GOODBYE]) {
      line.push(said)
      await pause()
    }
  } finally {
    line.destroy()
  }
}

/** The server's end of a connection; what it writes nobody reads. */
class Line extends Duplex {
  override _read(): void {}

  override _write(_: unknown, __: unknown, done: () => void): void {
    done()
  }

  override _writev(_: unknown, done: () => void): void {
    done()
  }
}
