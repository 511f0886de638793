// Buckets of subjects: shared by all that a subject does, and dropped once they are as good as new.
import { describe, expect, test } from 'vitest'
import { ANONYMOUS } from '../../../../server/auth/actor.ts'
import { SubjectBuckets, subjectKey } from '../../../../server/protocols/limits/subject-buckets.ts'
import { TokenBucket } from '../../../../server/protocols/limits/token-bucket.ts'

const rate = { perSecond: 10, burst: 10 }

describe('buckets of subjects', () => {
  test('one subject has one; the same name in another tenant is somebody else', () => {
    const buckets = new SubjectBuckets((now) => new TokenBucket(rate, now))
    const ada = subjectKey({ ...ANONYMOUS, subject: 'ada', tenant: 'north' })
    buckets.of(ada, 0).take(10, 0)
    expect(buckets.of(ada, 0).waitFor(1, 0)).toBe(100)
    const namesake = subjectKey({ ...ANONYMOUS, subject: 'ada', tenant: 'south' })
    expect(buckets.of(namesake, 0).waitFor(1, 0)).toBe(0)
  })

  test('memory holds the active ones only, however many come', () => {
    const buckets = new SubjectBuckets((now) => new TokenBucket(rate, now))
    buckets.of('spender', 0).take(10, 0)
    for (let number = 0; number < 100_000; number++) {
      const now = number / 1_000
      buckets.of(`visitor ${number}`, now).take(1, now)
    }
    // Each is full again after 100 ms, in which 100 000 of them come; the spender after a second.
    expect(buckets.of('spender', 100).waitFor(10, 100)).toBe(900)
    // From now on one comes each millisecond, so that a hundred are active.
    for (let number = 0; number < 100_000; number++) {
      const now = 1_000 + number
      buckets.of(`later ${number}`, now).take(1, now)
    }
    expect(buckets.size).toBeLessThan(1_200)
  })
})
