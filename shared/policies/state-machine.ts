/** States that a field moves through: which transitions are legal, and which of two states is further on. */
import type { Json } from '../json.ts'
import type { FieldSpec } from '../schema/field-spec.ts'

type States = Pick<FieldSpec, 'transitions' | 'values'>

/**
 * Why the field may not change from one state to the other, as the end of a sentence after its name; null if it
 * may. A record without a state is in the first one.
 */
export function transitionProblem(states: States, from: Json, to: Json): string | null {
  if (states.transitions === null) return null
  const before = stateOf(states, from)
  const after = stateOf(states, to)
  if (before === after) return null
  const legal = states.transitions[before] ?? []
  if (legal.includes(after)) return null
  const choices = legal.length === 0 ? 'does not change any more' : `changes to ${legal.join(' or ')}`
  return `is ${before} and ${choices}, not to ${after}`
}

/** Positive if `a` is the later state in the order of declaration. */
export const compareStates = (states: States, a: Json, b: Json): number =>
  states.values.indexOf(stateOf(states, a)) - states.values.indexOf(stateOf(states, b))

const stateOf = ({ values }: States, value: Json): string =>
  typeof value === 'string' ? value : (values[0] ?? '')
