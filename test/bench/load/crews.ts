// The kinds of clients that a process of the load generator can play.
import { Joiners } from './joiners.ts'
import { RepoOpener } from './repo-opener.ts'
import { RoomMates } from './room-mates.ts'
import { Typists } from './typists.ts'

export const crews = {
  typists: (input: ConstructorParameters<typeof Typists>[0]) => new Typists(input),
  'room-mates': (input: ConstructorParameters<typeof RoomMates>[0]) => new RoomMates(input),
  joiners: (input: ConstructorParameters<typeof Joiners>[0]) => new Joiners(input),
  'repo-opener': (input: ConstructorParameters<typeof RepoOpener>[0]) => new RepoOpener(input),
}

export type CrewName = keyof typeof crews
export type CrewInput<Name extends CrewName> = Parameters<(typeof crews)[Name]>[0]
export type CrewOf<Name extends CrewName> = ReturnType<(typeof crews)[Name]>
