/** Joins a session that has been let in with its door: frames in, no faster than allowed, while its token is good. */
import type { WebSocket } from 'ws'
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Log } from '../log.ts'
import type { Settings } from '../settings.ts'
import type { Door, DoorConnection } from './door.ts'
import { Inflow } from './inflow.ts'
import type { FlowAllowances } from './limits/flow-allowance.ts'
import { subjectKey } from './limits/subject-buckets.ts'
import type { Rounds } from './rounds.ts'
import type { Session } from './session.ts'
import { frameBytes } from './session.ts'
import type { SessionRightsParts } from './session-rights.ts'
import { SessionRights } from './session-rights.ts'

export interface OpenSessionParts extends SessionRightsParts {
  readonly settings: Pick<Settings, 'overrunMs'>
  readonly allowances: FlowAllowances
  readonly rounds: Rounds
  readonly log: Log
  /** Milliseconds that only go forward. */
  readonly clock: () => number
}

export interface Opening {
  readonly webSocket: WebSocket
  readonly session: Session
  readonly entry: { readonly door: Door }
  /** Of the path, below the door. */
  readonly segments: readonly string[]
  /** Where it comes from. */
  readonly address: string
  /** Called once, when the last frame has been handed on. */
  readonly onGone: () => void
}

export function openSession(parts: OpenSessionParts, opening: Opening): void {
  const { webSocket, session, entry, segments, address, onGone } = opening
  try {
    const rights = new SessionRights(parts, session, address)
    webSocket.on('close', () => rights.stop())
    const path = segments.map(decodeSegment).join('/')
    const connection = entry.door.connect(session, path, (token) => rights.renew(token))
    const inflow = inflowOf(parts, session, connection)
    webSocket.on('message', (data, isBinary) => {
      session.heard()
      if (isBinary) return inflow.receive(frameBytes(data))
      session.fail(new SluiceError('bad_frame', 'a text frame, where binary ones are spoken'))
    })
    webSocket.on('ping', () => inflow.receive(null))
    webSocket.on('pong', () => {
      session.heard()
      inflow.receive(null)
    })
    webSocket.on('close', () => {
      inflow.finish(() => {
        connection.onClose()
        onGone()
      })
    })
  } catch (error) {
    webSocket.on('close', onGone)
    session.fail(error)
  }
}

const inflowOf = (parts: OpenSessionParts, session: Session, connection: DoorConnection): Inflow =>
  new Inflow({
    session,
    allowance: parts.allowances.forSession(subjectKey(session.actor), parts.clock()),
    rounds: parts.rounds,
    overrunMs: parts.settings.overrunMs,
    clock: parts.clock,
    deliver(frame) {
      try {
        connection.onFrame(frame)
      } catch (error) {
        if (!(error instanceof SluiceError))
          parts.log.error({ err: error, session: session.id }, 'a frame could not be handled')
        session.fail(error)
      }
    },
  })

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new SluiceError('bad_request', 'the path is not valid percent-encoding')
  }
}
