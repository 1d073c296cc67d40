/**
 * The numeric limits of the APIs, for the schemas that announce them and the rules that enforce
 * them. Lengths are in Unicode code points, except where the name or the comment says otherwise.
 */

/** Names of keys, roles, allow lists, accounts, people, acting users and metadata entries. */
export const maxNameLength = 120

/** Descriptions, and the reasons that an act records. */
export const maxDescriptionLength = 1000

/** Ids of users and keys as callers write them, in filters and in `X-Acting-User`. */
export const maxActorIdLength = 255

/** What an issuer calls itself, and what it calls a person (OpenID Connect Core 1.0, section 2). */
export const maxIssuerLength = 2000
export const maxSubjectLength = 255

/** An e-mail address that a provider states. */
export const maxStatedEmailLength = 320

/** An e-mail address in a mail (RFC 5321, section 4.5.3.1.3, less the brackets). */
export const maxEmailLength = 254

/** Invitations of one account that are neither redeemed, withdrawn nor expired. */
export const maxOpenInvitations = 100

/** Addresses of one request that invites, in Aeon's API. */
export const maxAddressesToInvite = 100

/** The text of a search, and its words. */
export const maxSearchLength = 200
export const maxSearchWords = 8

/** Lists of statuses in a filter. */
export const maxStatusListLength = 255
export const maxUserFilterLength = maxStatedEmailLength

export const maxIdempotencyKeyLength = 255

/** Metadata of a key, as JSON in UTF-8. */
export const maxMetadataBytes = 4096

export const maxAllowListsPerKey = 100

export const maxEntriesPerAllowList = 100

/**
 * Entries of all allow lists of a key together. A change that takes a key beyond the limit is
 * refused; a key that is beyond it since an earlier version goes on working.
 */
export const maxEntriesPerKey = 1000

/** An address or a range as text: longer than any that parses. */
export const maxAddressLength = 64

/** Permissions of a role, and of the catalogue. */
export const maxPermissionsPerRole = 1000

/** Operation groups of one resource type, in Aeon's body of a role. */
export const maxOperationGroups = 100

/** The text of key ids separated by commas, in a filter of Aeon's API: 108 ids. */
export const maxKeyIdListLength = 4_000

/** Permissions that one attempt may require. */
export const maxRequiredPermissions = 50

/** Attempts of one batch. */
export const maxAttemptsPerBatch = 100

/** A presented token, in UTF-16 code units: a longer text is malformed. */
export const maxTokenLength = 1024

/**
 * The JWT of an issuer, and its header, in UTF-16 code units: longer than a JWT with hundreds of
 * groups, and less than Node takes as headers.
 */
export const maxJwtLength = 8_192
export const maxJwtHeaderLength = 1_024

/** In hours, how long a key lasts that Aeon's API issues: 100 years. RFC 3339 ends in 9999. */
export const maxKeyHours = 876_000

/** 30 days. */
export const maxOverlapSeconds = 30 * 24 * 60 * 60

/** The column of generations is a signed integer of 32 bits. */
export const maxGeneration = 2_147_483_647

/** How long a request may wait for its receipt to become complete. */
export const maxWaitMs = 30_000

/** How long a change waits for its receipt if the caller names no time. */
export const defaultWaitMs = 2_000

export const maxPageSize = 200
export const defaultPageSize = 50

/**
 * A page of Aeon's API. Its clients read one page of keys and of lists and send no limit: what the
 * page lacks cannot be named to them. So the default is the maximum.
 */
export const maxAeonPageSize = 1000

/**
 * Keys or users that an answer of Aeon's API has with their role or list. The clients count them
 * and print their names, so an answer has all of them, up to a number that bounds the answer.
 */
export const maxDependentsShown = 50_000

/** Sessions of a list; a person has a few. */
export const maxListedSessions = 100

/** Events of the audit log that one page of a search looks at: 15 microseconds each. */
export const maxEventsSearched = 10_000

export const maxCursorLength = 2048

/** Keys that one report of weaknesses examines. */
export const maxKeysPerReport = 10_000
export const defaultKeysPerFinding = 10

/** How long a repeat of a request with the same Idempotency-Key changes nothing. */
export const idempotencyHours = 24

/** The `X-Request-Id` of a client. */
export const maxRequestIdLength = 64

/** A request body: a token of 100 kB still gets the verdict `malformed` instead of 413. */
export const maxBodyBytes = 256 * 1024

/**
 * The form of an introspection: twice what 50 permissions and the longest token take if every
 * character is percent-encoded.
 */
export const maxIntrospectionBytes = 48 * 1024

/** The form of a logout: a logout token and parameters of the provider's own. */
export const maxLogoutBytes = 16 * 1024

/** Members of all objects of a body: a batch has 401, and the metadata of a key at most 820. */
export const maxBodyMembers = 2_000

/** Values of a body, at any depth: a batch has at most 5,502, and no other body as many. */
export const maxBodyValues = 10_000

/** Faults that one answer lists: a body of `maxBodyBytes` can break a rule 20,000 times. */
export const maxFaults = 20

/** Faults that an error of Aeon's API lists: the clients print them on one line of a terminal. */
export const maxFaultsOnLine = 10

/** The field name that a fault shows, in UTF-16 code units. */
export const maxFaultFieldLength = 200
