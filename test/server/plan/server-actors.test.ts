// The actors under which the server writes, before and after a restore.
import * as Automerge from '@automerge/automerge'
import { s } from 'sluice'
import { expect, test } from 'vitest'
import { RecordBench } from '../../support/record-bench.ts'

/** What a replica that has seen two lost changes, a write and what settled it, is sent after the restore. */
function restoredUnder(storageId: string): { readonly newest: string; apply(): readonly string[] } {
  const bench = new RecordBench({ name: s.string().critical() })
  bench.set('ada', 'name', 'as backed up')
  const backup = bench.state
  const saw = Automerge.getHeads(bench.doc())
  bench.set('ada', 'name', 'lost', saw)
  bench.set('bob', 'name', 'lost, too', saw)
  const replica = bench.replica('1')
  bench.state = backup
  bench.storageId = storageId
  const kept = bench.journal.length
  bench.set('ada', 'name', 'one', saw)
  bench.set('bob', 'name', 'another', saw)
  const sent = bench.journal.slice(kept)
  expect(sent.map(({ kind }) => kind)).toEqual(['change', 'change', 'settle'])
  return {
    newest: sent.at(-1)?.hash ?? '',
    apply: () =>
      Automerge.getHeads(
        Automerge.applyChanges(
          replica,
          sent.map(({ bytes }) => bytes),
        )[0],
      ),
  }
}

test('S9: a replica of the lost time takes what the restored store writes, and what settles it', () => {
  const { apply, newest } = restoredUnder('successor')
  expect(apply()).toContain(newest)
})

test('S9: under the actors of the lost store it could take nothing', () => {
  expect(() => restoredUnder('bench').apply()).toThrow(/duplicate seq/)
})
