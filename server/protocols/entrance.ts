/**
 * Where every door lets somebody in: asks the authenticator, refuses what is revoked, and hears no more from an
 * address that fails too often.
 */
import { SluiceError } from '../../shared/errors/error-table.ts'
import type { Actor, Authenticator } from '../auth/actor.ts'
import type { Revocations } from '../auth/revocations.ts'
import type { FailedAuthentications } from './limits/failed-authentications.ts'
import type { RecentTokens } from './limits/recent-tokens.ts'

export interface EntranceParts {
  readonly authenticator: Authenticator
  readonly revocations: Pick<Revocations, 'isRevoked'>
  readonly failures: Pick<FailedAuthentications, 'mayTry' | 'failed' | 'passed'>
  readonly recent: Pick<RecentTokens, 'find' | 'verified' | 'refused'>
}

export interface Entrance extends Authenticator {
  /** Whom a token names that was let in a moment ago and still would be; null if `authenticate` is to be asked. */
  recall(token: string | null, address: string): Actor | null
}

/** Refuses with `too_many`, too. Without an address, failures are not counted. */
export function createEntrance({ authenticator, revocations, failures, recent }: EntranceParts): Entrance {
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
        recent.verified(token, actor)
        return actor
      } catch (error) {
        recent.refused(token)
        if (error instanceof SluiceError && error.code === 'unauthenticated') failures.failed(address, token)
        throw error
      }
    },
    recall(token, address) {
      const actor = recent.find(token)
      if (actor === null || revocations.isRevoked(actor) || !failures.mayTry(address, token)) return null
      return actor
    },
  }
}

export const REVOKED = 'the token has been revoked'
