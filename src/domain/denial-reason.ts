/** The denial reasons, in the order in which they are checked. The order is part of the API. */
export const denialReasons = [
  'malformed',
  'not_found',
  'revoked',
  'disabled',
  'rotated',
  'expired',
  'wrong_account',
  'address_not_allowed',
  'insufficient_permissions',
] as const
export type DenialReason = (typeof denialReasons)[number]

/** Warnings for the holder of a valid token. */
export const warnings = ['expires_soon'] as const
