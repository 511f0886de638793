// C5–C8 on the planner: the work on a conflict, alone and with others, and that the journal alone gives it again.
import { s } from 'sluice'
import { describe, expect, test } from 'vitest'
import { CONFLICT_EVENTS_MAX } from '../../../shared/conflicts/inbox-transitions.ts'
import { ended, InboxBench } from '../../support/inbox-bench.ts'

const fields = {
  diagnosis: s.string().critical(),
  dose: s.number().critical({ group: 'medication', approvals: 2 }),
  unit: s.enum(['mg', 'ml']).critical({ group: 'medication' }),
  allergy: s.string().critical({ approvals: 3 }),
  held: s.string().critical({ hold: 'base' }),
  name: s.string(),
}

function bench(): InboxBench {
  const record = new InboxBench(fields)
  record.put('admin', { diagnosis: 'unclear', dose: 5, unit: 'mg', allergy: 'none', held: 'old' })
  return record
}

const inBand = (record: InboxBench): readonly unknown[] =>
  Object.values(record.doc()._conflicts as object).map((told) => JSON.parse(String(told)))

describe('C7: assigning and commenting', () => {
  test('C7: an assignee is kept until the conflict is decided and when it is reopened', () => {
    const record = bench()
    record.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    expect(ended(record.step('lee', record.at('diagnosis'), { type: 'assign', assignee: 'dora' }))).toBe(
      'assigned',
    )
    expect(record.at('diagnosis')).toMatchObject({ state: 'assigned', assignee: 'dora' })
    expect(record.view.disputed).toEqual({ diagnosis: expect.anything() })
    expect(ended(record.decide('dora', record.at('diagnosis'), { value: 'flu' }))).toBe('resolved')
    expect(ended(record.step('lee', record.at('diagnosis'), { type: 'assign', assignee: null }))).toBe(
      'not_open',
    )
    expect(ended(record.undo('lee', record.at('diagnosis')))).toBe('assigned')
    expect(ended(record.step('lee', record.at('diagnosis'), { type: 'assign', assignee: null }))).toBe(
      'reopened',
    )
    expect(record.story(record.at('diagnosis'))).toEqual([
      'opened bob',
      'assigned lee',
      'resolved dora',
      'undone lee',
      'unassigned lee',
    ])
    record.checkReplay()
  })

  test('C7: assigning to whom it is assigned already writes nothing', () => {
    const record = bench()
    record.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    record.step('lee', record.at('diagnosis'), { type: 'assign', assignee: 'dora' })
    const { version } = record.state
    expect(ended(record.step('lee', record.at('diagnosis'), { type: 'assign', assignee: 'dora' }))).toBe(
      'assigned',
    )
    expect(record.state.version).toBe(version)
  })

  test('C7: a comment changes nothing that clients read, and may follow the decision', () => {
    const record = bench()
    record.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    const { heads } = record
    record.step('lee', record.at('diagnosis'), { type: 'comment', text: 'who asked?' })
    expect(record.heads).toEqual(heads)
    record.decide('dora', record.at('diagnosis'), { value: 'flu' })
    expect(ended(record.step('lee', record.at('diagnosis'), { type: 'comment', text: 'fine' }))).toBe(
      'resolved',
    )
    expect(record.at('diagnosis').events).toMatchObject([
      {},
      { type: 'commented', author: 'lee', text: 'who asked?' },
      {},
      { type: 'commented', text: 'fine' },
    ])
    record.checkReplay()
  })

  test('C8: the document tells state, assignee and proposal, so that clients see them offline', () => {
    const record = bench()
    record.dispute({ dose: 7, unit: 'mg' }, { dose: 9, unit: 'ml' })
    record.step('lee', record.at('group:medication'), { type: 'assign', assignee: 'dora' })
    expect(inBand(record)).toMatchObject([{ state: 'assigned', assignee: 'dora', proposal: null }])
    record.decide('dora', record.at('group:medication'), { dismiss: true })
    expect(inBand(record)).toMatchObject([
      { state: 'awaiting-approval', proposal: { id: 'p1', author: 'dora', dismisses: true, approvals: [] } },
    ])
  })

  test('C7: a conflict takes a bounded number of comments, and can be decided all the same', () => {
    const record = bench()
    record.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    const conflict = record.at('diagnosis')
    const comment = { type: 'comment', text: 'x' } as const
    const origin = record.origin('lee')
    const comments = Array.from(
      { length: CONFLICT_EVENTS_MAX },
      () => ({ type: 'step', conflictId: conflict.id, step: comment, origin }) as const,
    )
    const { outcomes } = record.run(...comments)
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(CONFLICT_EVENTS_MAX - 1)
    expect(ended(record.step('lee', conflict, { type: 'assign', assignee: 'dora' }))).toBe('conflict_full')
    expect(ended(record.decide('dora', conflict, { value: 'flu' }))).toBe('resolved')
    expect(ended(record.undo('dora', conflict))).toBe('conflict_full')
  })
})

describe('C7: a decision that takes several persons', () => {
  test('C7: linked fields are decided as one, and nothing is in force before another person approves', () => {
    const record = bench()
    record.dispute({ dose: 7, unit: 'mg' }, { dose: 9, unit: 'ml' })
    const outcome = record.decide('dora', record.at('group:medication'), { value: { dose: 8, unit: 'ml' } })
    expect(outcome).toMatchObject({
      ok: true,
      conflict: { state: 'awaiting-approval' },
      fields: { dose: { outcome: 'pending' }, unit: { outcome: 'pending' } },
    })
    expect(record.view.fields).toMatchObject({ dose: 7, unit: 'mg' })
    expect(record.told.slice(-2)).toEqual(['dose pending dora 8', 'unit pending dora "ml"'])
    expect(ended(record.approve('dora', record.at('group:medication')))).toBe('same_approver')
    expect(ended(record.approve('lee', record.at('group:medication')))).toBe('resolved')
    expect(record.view).toMatchObject({ fields: { dose: 8, unit: 'ml' }, disputed: {} })
    expect(record.at('group:medication').resolution).toMatchObject({
      author: 'dora',
      approvals: [{ author: 'lee' }],
      value: { dose: 8, unit: 'ml' },
    })
    expect(record.story(record.at('group:medication'))).toEqual([
      'opened bob',
      'proposed dora',
      'approved lee',
      'resolved dora',
    ])
    record.checkReplay()
  })

  test('C7: each of three persons counts once', () => {
    const record = bench()
    record.dispute({ allergy: 'nuts' }, { allergy: 'milk' })
    record.decide('ada', record.at('allergy'), { value: 'both' })
    expect(ended(record.approve('lee', record.at('allergy')))).toBe('awaiting-approval')
    expect(ended(record.approve('lee', record.at('allergy')))).toBe('same_approver')
    expect(ended(record.approve('ada', record.at('allergy')))).toBe('same_approver')
    expect(ended(record.approve('kim', record.at('allergy')))).toBe('resolved')
    expect(record.at('allergy').resolution?.approvals.map(({ author }) => author)).toEqual(['lee', 'kim'])
    expect(record.lines.at(-3)?.reason).toBe('decided by ada, approved by lee, kim')
    record.checkReplay()
  })

  test('C7: another decision takes the place of a proposal, and nobody approves what he has not read', () => {
    const record = bench()
    record.dispute({ dose: 7 }, { dose: 9 })
    record.decide('dora', record.at('group:medication'), { value: { dose: 8, unit: 'mg' } })
    const read = record.at('group:medication')
    record.decide('lee', read, { value: { dose: 80, unit: 'mg' } })
    expect(ended(record.approve('kim', read))).toBe('stale_resolution')
    expect(ended(record.approve('dora', record.at('group:medication')))).toBe('resolved')
    expect(record.view.fields.dose).toBe(80)
    record.checkReplay()
  })

  test('C7: a proposal that is withdrawn leaves the conflict as it was', () => {
    const record = bench()
    record.dispute({ dose: 7 }, { dose: 9 })
    record.decide('dora', record.at('group:medication'), { value: { dose: 8, unit: 'mg' } })
    expect(ended(record.step('dora', record.at('group:medication'), { type: 'withdraw' }))).toBe('open')
    expect(ended(record.step('dora', record.at('group:medication'), { type: 'withdraw' }))).toBe(
      'no_proposal',
    )
    expect(ended(record.approve('lee', record.at('group:medication')))).toBe('no_proposal')
    expect(record.view.fields.dose).toBe(7)
    record.checkReplay()
  })

  test('C5: a side that arrives voids the proposal, which has not seen it', () => {
    const record = bench()
    const saw = record.dispute({ dose: 7 }, { dose: 9 })
    record.decide('dora', record.at('group:medication'), { value: { dose: 8, unit: 'mg' } })
    const before = record.at('group:medication')
    record.put('cyd', { dose: 11 }, { saw })
    expect(record.at('group:medication')).toMatchObject({ state: 'open', proposal: null })
    expect(record.at('group:medication').events.at(-1)).toMatchObject({
      type: 'voided',
      proposal: 'p1',
      author: 'cyd',
    })
    expect(ended(record.approve('lee', before))).toBe('no_proposal')
    record.checkReplay()
  })

  test('C7: dismissing is a decision and takes as many persons', () => {
    const record = bench()
    record.dispute({ dose: 7 }, { dose: 9 })
    expect(ended(record.decide('dora', record.at('group:medication'), { dismiss: true }))).toBe(
      'awaiting-approval',
    )
    expect(ended(record.approve('lee', record.at('group:medication')))).toBe('dismissed')
    expect(record.view).toMatchObject({ fields: { dose: 7 }, disputed: {} })
    record.checkReplay()
  })
})

describe('C7: dismissing', () => {
  test('C7: what is in force stays, and the authors of the other sides are told', () => {
    const record = bench()
    record.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    const { version } = record.state
    const { incumbent } = record.at('diagnosis')
    expect(ended(record.decide('dora', record.at('diagnosis'), { dismiss: true }))).toBe('dismissed')
    expect(record.state.version).toBeGreaterThan(version)
    expect(record.at('diagnosis').resolution).toMatchObject({
      choose: incumbent.id,
      value: 'flu',
      dismisses: true,
    })
    expect(record.view).toMatchObject({ fields: { diagnosis: 'flu' }, disputed: {} })
    expect(record.lines.at(-1)).toMatchObject({
      outcome: 'superseded',
      reason: 'dismissed by dora',
      oldValue: 'covid',
    })
    record.checkReplay()
  })

  test('C7: a field that is held at its base keeps the base', () => {
    const record = bench()
    record.dispute({ held: 'new' }, { held: 'newer' })
    record.decide('dora', record.at('held'), { dismiss: true })
    expect(record.view.fields.held).toBe('old')
    expect(record.at('held').resolution).toMatchObject({ choose: null, value: 'old' })
    record.checkReplay()
  })

  test('C5: it names the sides that it has seen, like any decision', () => {
    const record = bench()
    const saw = record.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    const read = record.at('diagnosis')
    record.put('cyd', { diagnosis: 'rsv' }, { saw })
    expect(ended(record.decide('dora', read, { dismiss: true }))).toBe('stale_resolution')
  })

  test.each([
    ['resolved', { value: 'measles' }],
    ['dismissed', { dismiss: true }],
  ] as const)(
    'C6: a straggler reopens a conflict that was %s, with the decision in its events',
    (state, decision) => {
      const record = bench()
      const saw = record.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
      const { id } = record.at('diagnosis')
      expect(ended(record.decide('dora', record.at('diagnosis'), decision))).toBe(state)
      record.put('cyd', { diagnosis: 'mumps' }, { saw })
      expect(record.at('diagnosis')).toMatchObject({ id, state: 'reopened', resolution: null })
      expect(record.story(record.at('diagnosis'))).toEqual(['opened bob', `${state} dora`, 'reopened cyd'])
      expect(record.at('diagnosis').events[1]).toMatchObject({
        resolution: { author: 'dora', note: 'because' },
      })
      record.checkReplay()
    },
  )

  test('C6: a dismissal is taken back like any decision', () => {
    const record = bench()
    record.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    record.decide('dora', record.at('diagnosis'), { dismiss: true })
    expect(ended(record.undo('lee', record.at('diagnosis')))).toBe('reopened')
    expect(record.view).toMatchObject({
      fields: { diagnosis: 'flu' },
      disputed: { diagnosis: { challengers: 1 } },
    })
    record.checkReplay()
  })
})

describe('C9: dead letters', () => {
  function letter(record: InboxBench, values: Record<string, string>) {
    record.bury('phone', values)
    return record.letters.at(-1) ?? expect.fail('no letter')
  }

  test('C9: its corrected values are written by who corrects it, and it leaves the record', () => {
    const record = bench()
    const dead = letter(record, { dose: 'a lot' })
    const outcome = record.correct('dora', dead, { dose: 6 })
    expect(outcome).toMatchObject({
      ok: true,
      conflict: { state: 'resolved' },
      fields: { dose: { outcome: 'applied' } },
    })
    expect(record.view.fields.dose).toBe(6)
    expect(record.letters).toEqual([])
    expect(record.conflicts.get(dead.id)?.resolution).toMatchObject({
      author: 'dora',
      value: { dose: 6 },
      changeHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(ended(record.undo('dora', dead))).toBe('not_found')
    record.checkReplay()
  })

  test('C9: values that do not fit are refused, and the letter waits on', () => {
    const record = bench()
    const dead = letter(record, { dose: 'a lot' })
    expect(ended(record.correct('dora', dead, { dose: 'much' }))).toBe('invalid_value')
    expect(ended(record.correct('dora', dead, { nothing: 1 }))).toBe('unknown_field')
    expect(record.letters).toEqual([dead])
    record.checkReplay()
  })

  test('C9: a correction of a disputed field is held, and closes the letter', () => {
    const record = bench()
    record.dispute({ diagnosis: 'flu' }, { diagnosis: 'covid' })
    const dead = letter(record, { diagnosis: 'x' })
    expect(record.correct('dora', dead, { diagnosis: 'rsv' })).toMatchObject({
      ok: true,
      fields: { diagnosis: { outcome: 'held' } },
    })
    expect(record.letters).toEqual([])
    expect(record.at('diagnosis').challengers).toHaveLength(2)
    record.checkReplay()
  })

  test('C9: it is assigned, commented on and dismissed without a word in the document', () => {
    const record = bench()
    const dead = letter(record, { dose: 'a lot' })
    const { heads } = record
    expect(ended(record.step('lee', dead, { type: 'assign', assignee: 'dora' }))).toBe('assigned')
    record.step('lee', dead, { type: 'comment', text: 'a typo' })
    expect(ended(record.decide('dora', dead, { choose: 'refused' }))).toBe('bad_request')
    expect(ended(record.decide('dora', dead, { dismiss: true }))).toBe('dismissed')
    expect(record.heads).toEqual(heads)
    expect(record.letters).toEqual([])
    expect(record.story(dead)).toEqual(['opened phone', 'assigned lee', 'commented lee', 'dismissed dora'])
    record.checkReplay()
  })

  test('C9: the letter of a record that never came to be can create it, whole', () => {
    const record = new InboxBench({ title: s.string().required(), stock: s.number() })
    const dead = letter(record, { stock: 'many' })
    expect(ended(record.correct('dora', dead, { stock: 3 }))).toBe('invalid_value')
    expect(ended(record.correct('dora', dead, { stock: 3, title: 'Saw' }))).toBe('resolved')
    expect(record.view).toMatchObject({ fields: { stock: 3, title: 'Saw' }, deleted: false })
    record.checkReplay()
  })
})
