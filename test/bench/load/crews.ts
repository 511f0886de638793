// The kinds of clients that a process of the load generator can play.
import { Attendees } from './attendees.ts'
import { Followers } from './followers.ts'
import { Joiners } from './joiners.ts'
import { RecordWriters } from './record-writers.ts'
import { RepoOpener } from './repo-opener.ts'
import { RepoWriters } from './repo-writers.ts'
import { RestReaders } from './rest-readers.ts'
import { RestWriters } from './rest-writers.ts'
import { RoomMates } from './room-mates.ts'
import { SyncWriters } from './sync-writers.ts'
import { Typists } from './typists.ts'

export const crews = {
  attendees: (input: ConstructorParameters<typeof Attendees>[0]) => new Attendees(input),
  typists: (input: ConstructorParameters<typeof Typists>[0]) => new Typists(input),
  'room-mates': (input: ConstructorParameters<typeof RoomMates>[0]) => new RoomMates(input),
  followers: (input: ConstructorParameters<typeof Followers>[0]) => new Followers(input),
  joiners: (input: ConstructorParameters<typeof Joiners>[0]) => new Joiners(input),
  'repo-opener': (input: ConstructorParameters<typeof RepoOpener>[0]) => new RepoOpener(input),
  'record-writers': (input: ConstructorParameters<typeof RecordWriters>[0]) => new RecordWriters(input),
  'repo-writers': (input: ConstructorParameters<typeof RepoWriters>[0]) => new RepoWriters(input),
  'sync-writers': (input: ConstructorParameters<typeof SyncWriters>[0]) => new SyncWriters(input),
  'rest-writers': (input: ConstructorParameters<typeof RestWriters>[0]) => new RestWriters(input),
  'rest-readers': (input: ConstructorParameters<typeof RestReaders>[0]) => new RestReaders(input),
}

export type CrewName = keyof typeof crews
export type CrewInput<Name extends CrewName> = Parameters<(typeof crews)[Name]>[0]
export type CrewOf<Name extends CrewName> = ReturnType<(typeof crews)[Name]>
