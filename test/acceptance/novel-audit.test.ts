// What no other server of this kind does: four eyes, and an audit that cannot be edited unnoticed.
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { expect } from 'vitest'
import { runCommand } from '../support/run-command.ts'
import { feature } from './feature.ts'
import { seenOf } from './sides.ts'

feature(
  'N6b',
  'a decision waits for the approval of another person, and nothing is in force before',
  ['rest', 'sql'],
  async ({ rest, sql }) => {
    const path = 'records/payments/n6b'
    const { etag } = await rest('ann').put(path, { amount: 1 })
    await rest('ann').patch(path, { amount: 10 }, { 'if-match': etag })
    const held = await rest('bob').patch(path, { amount: 20 }, { 'if-match': etag })
    const { conflictId } = held.body.outcomes.amount
    const conflict = (await rest('ann').get(`conflicts/${conflictId}`)).body
    const proposed = await rest('cyd').put(`conflicts/${conflictId}/resolution`, {
      choose: conflict.challengers[0].id,
      seen: seenOf(conflict),
      note: 'invoice 17',
    })
    expect(proposed).toMatchObject({ status: 202, body: { state: 'awaiting-approval', resolution: null } })
    expect(sql("SELECT amount, amount_disputed FROM payments WHERE id = 'n6b'")).toEqual([
      { amount: 10, amount_disputed: 1 },
    ])
    const approval = { proposal: proposed.body.proposal.id }
    expect(await rest('cyd').put(`conflicts/${conflictId}/approval`, approval)).toMatchObject({
      status: 403,
      body: { code: 'same_approver' },
    })
    const approved = await rest('dan').put(`conflicts/${conflictId}/approval`, approval)
    expect(approved).toMatchObject({
      status: 200,
      body: { state: 'resolved', resolution: { author: 'cyd', value: 20, approvals: [{ author: 'dan' }] } },
    })
    expect(sql("SELECT amount, amount_disputed FROM payments WHERE id = 'n6b'")).toEqual([
      { amount: 20, amount_disputed: 0 },
    ])
  },
)

feature(
  'N6c',
  'a journal in which somebody has changed an author or a line of the log does not verify',
  ['rest', 'process'],
  async ({ rest, process }) => {
    await rest('ann').put('records/tasks/n6c', { title: 'Call' })
    await process.stop()
    const settings = { SLUICE_CONFIG: fileURLToPath(new URL('sluice.config.ts', import.meta.url)) }
    const verify = (): { status: number; output: string } =>
      runCommand('verify', process.dataDir, [], settings)
    expect(verify().status).toBe(0)

    const edited = (statement: string): void => {
      const database = new Database(process.databaseFile)
      expect(database.prepare(statement).run().changes).toBeGreaterThan(0)
      database.close()
    }
    edited("UPDATE sluice_field_changes SET subject = 'eve' WHERE record_id = 'n6c'")
    expect(verify()).toMatchObject({ status: 1, output: expect.stringContaining('n6c') })
    edited("UPDATE sluice_field_changes SET subject = 'ann' WHERE record_id = 'n6c'")
    expect(verify().status).toBe(0)
    edited("UPDATE sluice_journal SET subject = 'eve' WHERE subject = 'ann'")
    expect(verify()).toMatchObject({ status: 1, output: expect.stringContaining('does not give its chain') })
  },
)
