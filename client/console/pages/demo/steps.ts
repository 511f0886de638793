/** How far a newcomer has come, worked out from what happens: nobody has to say that he is done. Pure. */

export interface Progress {
  /** By pane: something that merges was edited while somebody was offline. */
  readonly editedApart: readonly [boolean, boolean]
  /** What both had edited apart has arrived. */
  readonly hasMerged: boolean
  /** A critical value was held. */
  readonly hasHeld: boolean
  /** A person has decided. */
  readonly hasDecided: boolean
}

export const START: Progress = {
  editedApart: [false, false],
  hasMerged: false,
  hasHeld: false,
  hasDecided: false,
}

export type DemoEvent =
  /** @member isApart one of the two was offline. */
  | { readonly type: 'edited'; readonly pane: 0 | 1; readonly isApart: boolean }
  /** @member isSettled both are online and nothing is under way. */
  | { readonly type: 'seen'; readonly isSettled: boolean; readonly isDisputed: boolean }
  | { readonly type: 'restarted' }

export function advance(progress: Progress, event: DemoEvent): Progress {
  switch (event.type) {
    case 'edited': {
      if (!event.isApart || progress.editedApart[event.pane]) return progress
      const [first, second] = progress.editedApart
      return { ...progress, editedApart: event.pane === 0 ? [true, second] : [first, true] }
    }
    case 'seen': {
      const hasMerged =
        progress.hasMerged || (event.isSettled && progress.editedApart[0] && progress.editedApart[1])
      const hasHeld = progress.hasHeld || event.isDisputed
      const hasDecided = progress.hasDecided || (progress.hasHeld && !event.isDisputed)
      const isSame =
        hasMerged === progress.hasMerged && hasHeld === progress.hasHeld && hasDecided === progress.hasDecided
      return isSame ? progress : { ...progress, hasMerged, hasHeld, hasDecided }
    }
    case 'restarted':
      return START
  }
}

/** The step that is due; 3 when all are done. */
export const stepOf = ({ hasMerged, hasHeld, hasDecided }: Progress): 0 | 1 | 2 | 3 => {
  if (!hasMerged) return 0
  if (!hasHeld) return 1
  return hasDecided ? 3 : 2
}
