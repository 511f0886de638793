import { collection, s } from 'sluice'
import { describe, expect, it } from 'vitest'
import type { Actor } from '../../../server/auth/actor.ts'
import { emptyRecordState } from '../../../server/plan/record-state.ts'
import { askedDocument, documentDenial, mayStillRead } from '../../../server/protocols/document-access.ts'
import { loudAuthorizer } from '../../support/loud-authorizer.ts'
import { PolicyBench } from '../../support/policy-bench.ts'
import { collectionSpec } from '../../support/record-bench.ts'

const DOCTOR = 'roles:doctor'
const ALL = { roles: ['*'] } as const
const actor = (...roles: string[]): Actor => ({
  subject: 'somebody',
  tenant: 'default',
  roles,
  device: null,
  expiresAt: null,
})

const before = collection({ name: s.string(), diagnosis: s.string(), labels: s.set(s.string()) })
const after = collection({
  name: s.string(),
  diagnosis: s.string().access({ read: ['doctor'] }),
  labels: s.set(s.string()),
})

const opened = (bench: PolicyBench, compartment: string, ...roles: string[]): string => {
  const denial = documentDenial(loudAuthorizer, askedDocument(actor(...roles), bench.state, compartment))
  expect(mayStillRead(loudAuthorizer, actor(...roles), bench.state, compartment)).toBe(denial === null)
  return denial === null ? 'open' : denial === 'unknown' ? 'unknown' : denial.message
}

describe('A7: who may open which document', () => {
  it('each is for those who may read all that lies in it', () => {
    const bench = new PolicyBench(after)
    bench.put('ada', { name: 'Ada', diagnosis: 'flu' }, ALL)
    expect(opened(bench, '', 'nurse')).toBe('open')
    expect(opened(bench, DOCTOR, 'nurse')).toBe('unknown')
    expect(opened(bench, DOCTOR, 'doctor')).toBe('open')
    expect(opened(bench, DOCTOR, '*')).toBe('open')
  })

  it('a compartment in which nobody has written yet is no more open', () => {
    const bench = new PolicyBench(after)
    bench.put('ada', { name: 'Ada' }, ALL)
    expect(opened(bench, DOCTOR, 'nurse')).toBe('unknown')
  })

  it('a document that tells of a field by its history alone is closed to who may not read it', () => {
    const bench = new PolicyBench(before)
    bench.put('ada', { name: 'Ada', diagnosis: 'flu' }, ALL)
    bench.put('ada', { diagnosis: null }, ALL)
    const collectionNow = collectionSpec(after)
    const { genesis } = emptyRecordState(bench.state.key, collectionNow)
    bench.state = { ...bench.state, collection: collectionNow, genesis }
    expect(opened(bench, '', 'nurse')).toContain('diagnosis: you may not read this field')
    expect(opened(bench, '', 'doctor')).toBe('open')
    // What is written of it from now on goes to where its history is.
    bench.put('ada', { diagnosis: 'cold' }, ALL)
    expect(opened(bench, '', 'nurse')).toContain('diagnosis: you may not read this field')
  })
})
