// S7: whatever somebody edits in the database file, `npm run verify` names the place.
import type Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOfDefinition } from '../../shared/schema/collection-definition.ts'
import { AuditedStore, edit, problemsOf, rowAt, rowsOf } from '../support/audited-store.ts'

describe('npm run verify on a store that was edited', () => {
  let store: AuditedStore
  beforeAll(async () => {
    store = await AuditedStore.write()
  })
  afterAll(() => store[Symbol.asyncDispose]())

  it.each<[string, (db: Database.Database) => void, readonly RegExp[]]>([
    [
      'a byte of a change',
      (db) => {
        const row = rowAt(db, 'fields', 4)
        const bytes = Buffer.from(row.bytes)
        bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
        edit(db, row, 'bytes = ?', bytes)
      },
      [
        /^default:orders\/audited, fields, version 4: does not give its chain/,
        /^default:orders\/audited, fields, version 4: its bytes are no change any more$/,
      ],
    ],
    [
      'a byte of an update',
      (db) => {
        const row = rowAt(db, 'text', 3)
        edit(db, row, 'bytes = ?', Buffer.concat([row.bytes.subarray(0, -1), Buffer.of(7)]))
      },
      [/^default:articles\/audited, text, version 3: does not give its chain/],
    ],
    [
      'the bytes of a change, for those of another',
      (db) => edit(db, rowAt(db, 'fields', 4), 'bytes = ?', rowAt(db, 'fields', 5).bytes),
      [
        /^default:orders\/audited, fields, version 4: does not give its chain/,
        /^default:orders\/audited, fields, version 4: its bytes are the change [0-9a-f]{64}, and its row says/,
      ],
    ],
    ...(
      [
        ['the author', "subject = 'mallory'"],
        ['the session', "session = 'another'"],
        ['the door', "door = 'upload'"],
        ['the device', "device = 'phone'"],
        ['the metadata', "metadata = replace(metadata, 'step', 'leap')"],
        ['the claimed time', "claimed_at = '2020-01-01T00:00:00.000Z'"],
        ['the received time', "received_at = '2020-01-01T00:00:00.000Z'"],
        ['the kind', "kind = 'settle'"],
        ['the schema', 'schema = NULL'],
      ] as const
    ).map(([what, assignment]): [string, (db: Database.Database) => void, readonly RegExp[]] => [
      what,
      (db) => edit(db, rowAt(db, 'fields', 4), assignment),
      [/^default:orders\/audited, fields, version 4: does not give its chain/],
    ]),
    [
      'metadata that is no JSON any more',
      (db) => edit(db, rowAt(db, 'fields', 4), "metadata = '{'"),
      [/^default:orders\/audited, fields, version 4: its metadata cannot be read: /],
    ],
    [
      'an entry in the middle, taken out',
      (db) =>
        void db.prepare('DELETE FROM sluice_journal WHERE position = ?').run(rowAt(db, 'text', 3).position),
      [/^default:articles\/audited, text, version 3: is missing$/],
    ],
    [
      'the last entry, taken out with its count',
      (db) => {
        const last = rowsOf(db, 'audited', 'text').at(-1) ?? expect.fail('no text')
        db.prepare('DELETE FROM sluice_journal WHERE position = ?').run(last.position)
        db.prepare(
          "UPDATE sluice_records SET text_version = text_version - 1 WHERE collection = 'articles' AND id = 'audited'",
        ).run()
      },
      [/^default:articles\/audited, text, version \d+: is missing, and checkpoint \d+ of .* covers it$/],
    ],
    [
      'the last entry, taken out alone',
      (db) => {
        const last = rowsOf(db, 'audited', 'text').at(-1) ?? expect.fail('no text')
        db.prepare('DELETE FROM sluice_journal WHERE position = ?').run(last.position)
      },
      [
        /^default:articles\/audited, text, version \d+: is missing: the record counts \d+ entries$/,
        /^default:articles\/audited, text, version \d+: is missing, and checkpoint \d+ of .* covers it$/,
      ],
    ],
    [
      'a whole record',
      (db) => {
        db.exec(
          `DELETE FROM sluice_journal WHERE record IN (SELECT record FROM sluice_records WHERE id = 'audited' AND collection = 'orders');
            DELETE FROM sluice_records WHERE id = 'audited' AND collection = 'orders'`,
        )
      },
      [/^default:orders\/audited, fields, version \d+: is missing, and checkpoint \d+ of .* covers it$/],
    ],
    [
      'a record without its journal',
      (db) => db.exec("DELETE FROM sluice_records WHERE id = 'audited' AND collection = 'orders'"),
      [
        /^\d+ entries of the journal belong to no record$/,
        /^default:orders\/audited, fields, version \d+: is missing, and checkpoint \d+ of .* covers it$/,
      ],
    ],
    [
      'two entries, exchanged',
      (db) => {
        const [a, b] = [rowAt(db, 'text', 3), rowAt(db, 'text', 4)]
        edit(db, a, 'version = -1')
        edit(db, b, 'version = 3')
        edit(db, a, 'version = 4')
      },
      [3, 4, 5].map(
        (version) => new RegExp(`^default:articles/audited, text, version ${version}: does not give`),
      ),
    ],
    [
      'a record under another name',
      (db) =>
        db.exec("UPDATE sluice_records SET id = 'renamed' WHERE id = 'audited' AND collection = 'orders'"),
      [
        /^default:orders\/renamed, fields, version 1: does not give its chain/,
        /^default:orders\/renamed: its document id is another record's$/,
        /^default:orders\/audited, fields, version \d+: is missing, and checkpoint \d+ of .* covers it$/,
      ],
    ],
    [
      'the definition of a schema',
      (db) =>
        db.exec(
          `UPDATE sluice_schemas SET definition = replace(definition, '"doctor"', '"nurse"') WHERE collection = 'patients'`,
        ),
      [/^schema [0-9a-f]{64} of patients: its definition was changed$/],
    ],
    [
      'a schema that is none, put in',
      (db) => {
        const digest = digestOfDefinition('letters')
        db.exec(`INSERT INTO sluice_schemas VALUES ('${digest}', 'patients', 'letters', 'now')`)
      },
      [/^schema [0-9a-f]{64} of patients: cannot be read: not the definition of a collection/],
    ],
    [
      'an entry, under a schema that is not there',
      (db) => edit(db, rowAt(db, 'fields', 4), `schema = '${'0'.repeat(64)}'`),
      [
        /^default:orders\/audited, fields, version 4: does not give its chain/,
        /^default:orders\/audited, fields, version 4: names a schema that the store does not have: 0{64}$/,
      ],
    ],
    [
      'a checkpoint in the middle, taken out',
      (db) => db.exec('DELETE FROM sluice_checkpoints WHERE number = 2'),
      [/^checkpoint 3: follows a gap: checkpoint 2 is missing$/],
    ],
    ['all checkpoints', (db) => db.exec('DELETE FROM sluice_checkpoints'), [/^there are no checkpoints/]],
    [
      'the heads of a checkpoint',
      (db) => db.exec("UPDATE sluice_checkpoints SET heads = '[]' WHERE number = 2"),
      [/^checkpoint 2: does not give its digest/],
    ],
    [
      'the heads of a checkpoint, unreadable',
      (db) => db.exec("UPDATE sluice_checkpoints SET heads = '[' WHERE number = 2"),
      [/^checkpoint 2: does not give its digest/, /^checkpoint 2: its heads cannot be read$/],
    ],
  ])('S7: it names the place of %s', (_what, tamper, expected) => {
    const problems = problemsOf(store.tampered(tamper))
    // Where a checkpoint happens to cover an entry that was edited or taken out, it says so, too.
    const asserted = problems.filter(
      (line) =>
        !/(has another chain|is missing), and checkpoint/.test(line) ||
        expected.some((one) => one.test(line)),
    )
    expect(asserted).toEqual(expected.map((line) => expect.stringMatching(line)))
  })
})
