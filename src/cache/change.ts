/**
 * A committed fact that alters what keys may do. A change of one key names the key; one that touches
 * many keys (a role, a list) names their account.
 */
export type Change =
  | { readonly kind: 'key'; readonly id: string }
  | { readonly kind: 'account'; readonly id: string }
