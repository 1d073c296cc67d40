import type { Call } from './history.ts'
import type { Admissibility } from './register.ts'

/** An answer that breaks a guarantee. */
export interface Violation {
  readonly rule: Rule
  readonly what: string
  /** The call that shows the violation, and all calls that changed what it is about. */
  readonly calls: readonly Call[]
}

export type Rule =
  | 'an answer older than the bound'
  | 'an answer from before a complete receipt'
  | 'an answer that was never true'
  | 'a lost key'
  | 'a mutation after the revocation of its author'
  | 'two changes in one place of the order'
  | 'changes out of order'
  | 'a stored state that contradicts what was acknowledged'
  | 'an answer that nobody may get'

/** The rule that an answer breaks which rests on a value that it may not rest on. */
export function ruleOf(admissibility: Admissibility): Rule {
  switch (admissibility) {
    case 'too_old':
      return 'an answer older than the bound'
    case 'after_receipt':
      return 'an answer from before a complete receipt'
    case 'never':
    case 'possible':
      return 'an answer that was never true'
  }
}
