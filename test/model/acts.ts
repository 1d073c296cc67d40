import type { KeyState } from './keys.ts'

/** What a caller changes of what keys may do. */
export type Act =
  | { readonly kind: 'revoke' | 'disable' | 'enable' | 'edit'; readonly key: number }
  | { readonly kind: 'edit_account'; readonly account: string }
  | { readonly kind: 'everything' | 'add_tag_key' }
  /** A key that callers presented before it was known here. Issuing a key is not announced. */
  | { readonly kind: 'import'; readonly key: number; readonly isAnnounced: boolean }

export function edited(state: KeyState): KeyState {
  return { ...state, version: state.version + 1 }
}

/** The state of a key after an act. `wall` is what the clock of the author says. */
export function stateAfter(
  kind: 'revoke' | 'disable' | 'enable' | 'edit',
  state: KeyState,
  wall: number,
): KeyState {
  switch (kind) {
    case 'revoke':
      return state.revokedAt === null ? { ...state, revokedAt: new Date(wall) } : state
    case 'disable':
      return state.disabledAt === null ? { ...state, disabledAt: new Date(wall) } : state
    case 'enable':
      return state.disabledAt === null ? state : { ...state, disabledAt: null }
    case 'edit':
      return edited(state)
  }
}
