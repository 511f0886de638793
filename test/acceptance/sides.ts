// A conflict as REST answers it, as far as deciding it takes.
export interface Sided {
  readonly id: string
  readonly incumbent: { readonly id: string }
  readonly alongside: readonly { readonly id: string }[]
  readonly challengers: readonly { readonly id: string }[]
}

/** The sides that a decision names as seen. */
export const seenOf = ({ incumbent, alongside, challengers }: Sided): readonly string[] =>
  [incumbent, ...alongside, ...challengers].map(({ id }) => id)
