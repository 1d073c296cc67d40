/** What may be wrong with a key that can still be used: a closed list, an enum in OpenAPI. */
export const hygieneFindings = [
  'never_used',
  'unused_for_90_days',
  'never_expires',
  'usable_from_anywhere',
  'sensitive_permission',
  'last_of_its_creator',
] as const
export type HygieneFinding = (typeof hygieneFindings)[number]

/** What each finding means, for people. */
export const hygieneMeanings: Readonly<Record<HygieneFinding, string>> = {
  never_used: 'never used since it was issued',
  unused_for_90_days: 'used, and last more than 90 days ago',
  never_expires: 'has no expiry',
  usable_from_anywhere: 'bound to no allow list',
  sensitive_permission: 'its role lets one change who may do what',
  last_of_its_creator: 'whoever issued it issued others too, and those are all revoked',
}
