/** Places for event streams, which stay open: so many in all, and so many for one subject. */
import { SluiceError } from '../../../shared/errors/error-table.ts'
import type { Actor } from '../../auth/actor.ts'
import { OpenCount } from '../limits/open-count.ts'
import { subjectKey } from '../limits/subject-buckets.ts'
import type { RestLimits } from './rest-context.ts'

const ALL = ''

export class StreamPlaces {
  readonly #all: OpenCount
  readonly #ofSubject: OpenCount

  constructor({ streamsMax, streamsPerSubjectMax }: Pick<RestLimits, 'streamsMax' | 'streamsPerSubjectMax'>) {
    this.#all = new OpenCount(streamsMax)
    this.#ofSubject = new OpenCount(streamsPerSubjectMax)
  }

  /**
   * @returns how to give the place back.
   * @throws SluiceError `too_many`
   */
  take(actor: Actor): () => void {
    const leaveSubject = this.#ofSubject.open(subjectKey(actor))
    if (leaveSubject === null) throw new SluiceError('too_many', 'you have too many event streams open')
    const leaveAll = this.#all.open(ALL)
    if (leaveAll === null) {
      leaveSubject()
      throw new SluiceError('too_many', 'too many event streams are open')
    }
    return () => {
      leaveSubject()
      leaveAll()
    }
  }
}
