// The kinds of clients that a process of the load generator can play.
import { Typists } from './typists.ts'

export const crews = {
  typists: (input: ConstructorParameters<typeof Typists>[0]) => new Typists(input),
}

export type CrewName = keyof typeof crews
export type CrewInput<Name extends CrewName> = Parameters<(typeof crews)[Name]>[0]
export type CrewOf<Name extends CrewName> = ReturnType<(typeof crews)[Name]>
