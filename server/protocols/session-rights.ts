/**
 * How long a session may go on (W10, W12): as long as its token, which a fresh one of the same session replaces. A
 * session that ends loses nothing: what was not acknowledged the client still has, and sends again to the next one.
 */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Actor, Authenticator } from '../auth/actor.ts'
import type { Session } from './session.ts'
import type { TokenWatchParts } from './token-watch.ts'
import { watchToken } from './token-watch.ts'

export interface SessionRightsParts extends TokenWatchParts {
  readonly authenticator: Authenticator
}

type Bearer = Pick<Session, 'actor' | 'isEnded' | 'refuse'>

export class SessionRights {
  readonly #parts: SessionRightsParts
  readonly #session: Bearer
  readonly #address: string
  #callOff = (): void => {}
  #isStopped = false

  constructor(parts: SessionRightsParts, session: Bearer, address: string) {
    this.#parts = parts
    this.#session = session
    this.#address = address
    this.#watch(session.actor)
  }

  /**
   * Puts a fresh token in the place of the one before.
   * @returns when it expires, in milliseconds since 1970; null if never.
   * @throws SluiceError if it is not accepted, or is of somebody else.
   */
  async renew(token: string): Promise<number | null> {
    const actor = await this.#parts.authenticator.authenticate(token, this.#address)
    if (!isSameSession(this.#session.actor, actor))
      throw new SluiceError(
        'unauthenticated',
        'the token is of another subject, tenant, device or other roles: connect again with it',
      )
    if (!this.#isStopped && !this.#session.isEnded) {
      this.#callOff()
      this.#watch(actor)
    }
    return actor.expiresAt
  }

  /** The session has gone. */
  stop(): void {
    this.#isStopped = true
    this.#callOff()
  }

  #watch(actor: Actor): void {
    this.#callOff = watchToken(this.#parts, actor, ({ code, message }) => this.#session.refuse(code, message))
  }
}

/** Roles have been asked when the session was opened, so other ones are for another session. */
const isSameSession = (one: Actor, other: Actor): boolean =>
  one.subject === other.subject &&
  one.tenant === other.tenant &&
  one.device === other.device &&
  one.roles.length === other.roles.length &&
  one.roles.every((role) => other.roles.includes(role))
