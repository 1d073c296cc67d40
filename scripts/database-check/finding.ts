/**
 * - `ok`: as the service needs it.
 * - `note`: the service works, and the operator should know the text.
 * - `refused`: the service does not start, or keeps no guarantee; the text has the remedy.
 * - `not tried`: the text says why.
 */
export type State = 'ok' | 'note' | 'refused' | 'not tried'

/** What a check found. */
export interface Finding {
  readonly state: State
  readonly text: string
}

/** A finding with the name of its check. */
export interface Line extends Finding {
  readonly name: string
}

export const ok = (text: string): Finding => ({ state: 'ok', text })
export const note = (text: string): Finding => ({ state: 'note', text })
export const refused = (text: string): Finding => ({ state: 'refused', text })
export const notTried = (text: string): Finding => ({ state: 'not tried', text })
