/** Ends what a token has opened, a socket or an event stream, once the token has expired or is revoked (W10, W12). */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Actor } from '../auth/actor.ts'
import type { Revocations } from '../auth/revocations.ts'
import { atInstant } from './at-instant.ts'
import { REVOKED } from './entrance.ts'

export interface TokenWatchParts {
  readonly revocations: Pick<Revocations, 'watch'>
  /** Now, ISO 8601. */
  readonly now: () => string
}

/**
 * @param onEnd is called at most once, and may be called before this returns.
 * @returns how to call it off.
 */
export function watchToken(
  { revocations, now }: TokenWatchParts,
  actor: Actor,
  onEnd: (reason: SluiceError) => void,
): () => void {
  const end = (message: string): void => {
    stop()
    onEnd(new SluiceError('unauthenticated', message))
  }
  const callOffExpiry = atInstant(actor.expiresAt, now, () => end('the token has expired'))
  let callOffRevocation = (): void => {}
  const stop = (): void => {
    callOffExpiry()
    callOffRevocation()
  }
  callOffRevocation = revocations.watch(actor, () => end(REVOKED))
  return stop
}
