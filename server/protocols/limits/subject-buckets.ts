/**
 * One bucket per subject, however many requests or sockets he has. One that is full is as good as none, so it is
 * dropped: memory holds who was active within the time that a bucket takes to fill.
 */
import type { Actor } from '../../auth/actor.ts'

const SWEEP_FROM = 1024

export class SubjectBuckets<Bucket extends { isFull(now: number): boolean }> {
  readonly #make: (now: number) => Bucket
  readonly #buckets = new Map<string, Bucket>()
  #sweepAt = SWEEP_FROM

  constructor(make: (now: number) => Bucket) {
    this.#make = make
  }

  get size(): number {
    return this.#buckets.size
  }

  /** To be asked anew each time: a bucket that somebody keeps would no longer be shared once it is dropped. */
  of(subject: string, now: number): Bucket {
    const known = this.#buckets.get(subject)
    if (known !== undefined) return known
    if (this.#buckets.size >= this.#sweepAt) this.#sweep(now)
    const bucket = this.#make(now)
    this.#buckets.set(subject, bucket)
    return bucket
  }

  /** The next sweep is due at twice of what is left, so that sweeping costs each newcomer a constant. */
  #sweep(now: number): void {
    for (const [subject, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(subject)
    this.#sweepAt = Math.max(SWEEP_FROM, this.#buckets.size * 2)
  }
}

/** Subjects of different tenants are different people, whatever they are called. */
export const subjectKey = ({ tenant, subject }: Actor): string => JSON.stringify([tenant, subject])
