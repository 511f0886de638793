/**
 * Where every door lets somebody in: asks the authenticator, refuses what is revoked, and hears no more from an
 * address that fails too often.
 */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Actor, Authenticator } from '../auth/actor.ts'
import type { Revocations } from '../auth/revocations.ts'
import type { FailedAuthentications } from './limits/failed-authentications.ts'

export interface EntranceParts {
  readonly authenticator: Authenticator
  readonly revocations: Pick<Revocations, 'isRevoked'>
  readonly failures: Pick<FailedAuthentications, 'mayTry' | 'failed' | 'passed'>
}

/** Refuses with `too_many`, too. Without an address, failures are not counted. */
export function createEntrance({ authenticator, revocations, failures }: EntranceParts): Authenticator {
  const { description, isOpen } = authenticator
  const identify = async (token: string | null): Promise<Actor> => {
    const actor = await authenticator.authenticate(token)
    if (revocations.isRevoked(actor)) throw new SluiceError('unauthenticated', REVOKED)
    return actor
  }
  return {
    description,
    isOpen,
    async authenticate(token, address) {
      if (address === undefined) return identify(token)
      if (!failures.mayTry(address, token))
        throw new SluiceError('too_many', 'too many tokens from your address were refused')
      try {
        const actor = await identify(token)
        failures.passed(token)
        return actor
      } catch (error) {
        if (error instanceof SluiceError && error.code === 'unauthenticated') failures.failed(address, token)
        throw error
      }
    },
  }
}

export const REVOKED = 'the token has been revoked'
