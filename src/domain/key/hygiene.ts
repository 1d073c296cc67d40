/** The findings about keys that can still be used: a closed list, an enum in OpenAPI. */
export const hygieneFindings = [
  'never_used',
  'unused_for_90_days',
  'never_expires',
  'usable_from_anywhere',
  'sensitive_permission',
  'last_of_its_creator',
] as const
export type HygieneFinding = (typeof hygieneFindings)[number]

/** The meaning of each finding, for people. */
export const hygieneMeanings: Readonly<Record<HygieneFinding, string>> = {
  never_used: 'the key has never been used',
  unused_for_90_days: 'the key was last used more than 90 days ago',
  never_expires: 'the key has no expiry',
  usable_from_anywhere: 'the key uses no allow list',
  sensitive_permission: 'the role of the key holds a sensitive permission',
  last_of_its_creator: 'the issuer of the key issued other keys, and all of them are revoked',
}
