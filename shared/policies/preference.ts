/** Preference between sources: mobile before web, doctor before nurse (P12). */
import type { Preference } from '../schema/field-spec.ts'
import type { RankedWrite } from './ranked-write.ts'

/** Positive if `a` comes from a source that is preferred to that of `b`. */
export const comparePreference = (preference: Preference, a: RankedWrite, b: RankedWrite): number =>
  rankOf(preference, b) - rankOf(preference, a)

/** 0 for the most preferred source. */
function rankOf({ source, order }: Preference, write: RankedWrite): number {
  const ranks = sourcesOf(source, write)
    .map((name) => order.indexOf(name))
    .filter((rank) => rank >= 0)
  return ranks.length === 0 ? order.length : Math.min(...ranks)
}

function sourcesOf(source: Preference['source'], { side }: RankedWrite): readonly string[] {
  switch (source) {
    case 'role':
      return side.roles
    case 'device':
      return side.device === null ? [] : [side.device]
    case 'door':
      return [side.door]
    case 'author':
      return [side.author]
    default: {
      const value = side.metadata[source.slice('metadata.'.length)]
      return value === undefined || value === null ? [] : [String(value)]
    }
  }
}
