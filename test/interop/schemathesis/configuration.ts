import type { Kind, Seed } from './seed.ts'

/** Of ten requests, nine have values that exist; the others those that Schemathesis makes up. */
const probability = 0.9

/** Values of which a schema says the form only. */
const known = {
  addresses: ['203.0.113.7', '2001:db8::7', '198.51.100.0/24'],
  callers: ['203.0.113.7'],
  times: ['2090-01-01T00:00:00Z'],
  permissions: ['cluster:read', 'cluster:create'],
  // The first page: a cursor of another list is refused.
  cursors: [''],
  searches: ['key'],
  tags: ['*'],
  statuses: ['ACTIVE', 'EXPIRED', 'REVOKED'],
  groups: ['READ'],
  types: ['CLUSTER'],
} as const

type Source = Kind | keyof typeof known

const everywhere: Readonly<Record<string, Source>> = {
  'path.account_id': 'accounts',
  'path.project_id': 'projects',
  'query.cursor': 'cursors',
  'query.continuation_token': 'cursors',
  'query.client_ip': 'callers',
  'query.search': 'searches',
  'header.If-Match': 'tags',
  'body.entries[*]': 'addresses',
  'body.allow_list[*]': 'addresses',
  'body.allow_list_ids[*]': 'lists_to_grant',
  'body.allow_list_info[*]': 'lists_to_grant',
  'body.client_ip': 'callers',
  'body.attempts[*].client_ip': 'callers',
  'body.expires_at': 'times',
  'body.issuer': 'issuers',
  'body.role': 'roles_to_grant',
  'body.role_id': 'roles_to_grant',
  'body.permissions[*].resource_type': 'types',
  'body.permissions[*].operation_groups[*].operation_group': 'groups',
}

/** By the end of a path, where the values of its parameters come from. */
const byPath: readonly (readonly [path: string, parameters: Readonly<Record<string, Source>>])[] = [
  ['/api-keys/\\{id\\}', { 'path.id': 'keys' }],
  ['/allow-lists/\\{id\\}', { 'path.id': 'lists' }],
  ['/roles/\\{id\\}', { 'path.id': 'roles' }],
  ['/sessions/\\{id\\}', { 'path.id': 'sessions' }],
  ['/users/\\{id\\}', { 'path.id': 'users' }],
  ['/invitations/\\{id\\}', { 'path.id': 'invitations' }],
  ['^/v1/.*/roles', { 'body.permissions[*]': 'permissions' }],
  ['^/v1/.*/api-keys/revoke$', { 'path.account_id': 'spares' }],
  // Invitations of the batches are as many as an account may have.
  [
    '^/api/public/v1/accounts/\\{account_id\\}/users$',
    { 'path.account_id': 'inviters', 'body.role_id': 'roles_of_inviters' },
  ],
  ['/revisions/', { 'path.revision': 'revisions', 'query.id': 'receipts' }],
  ['/audit-events/', { 'path.number': 'numbers' }],
  ['/forward-auth', { 'query.account_id': 'accounts', 'query.permission[*]': 'permissions' }],
  ['/verify$|/introspect$', { 'body.token': 'tokens', 'body.account_id': 'accounts' }],
  ['/verify/batch$', { 'body.attempts[*].token': 'tokens' }],
  ['/public/v1/.*/api-keys$', { 'query.status[*]': 'statuses' }],
  ['/public/v1/.*/allow-lists$', { 'query.api_key_ids[*]': 'keys' }],
]

/** A schemathesis.toml for a document whose security scheme has the given name. */
export function configurationOf(seed: Seed, scheme: string, rootToken: string): string {
  const dictionaries = Object.entries({ ...seed.values, ...known }).map(
    ([kind, values]) => `${kind} = { values = ${JSON.stringify(values)} }`,
  )
  return [
    'continue-on-failure = true',
    // It takes the pointer `/name` in an error for a field with a slash in its name.
    '[phases.fuzzing.error-feedback]',
    'enabled = false',
    '[dictionaries]',
    ...dictionaries,
    '[parameters]',
    ...bind(everywhere),
    '[auth.openapi]',
    `${scheme} = { bearer = "${rootToken}" }`,
    ...(scheme === 'bearer' ? [`verifier = { api_key = "Bearer ${rootToken}" }`] : []),
    // By RFC 6585, 428 is for a missing If-Match; a proxy that proves nothing gets 403.
    '[checks.missing_required_header]',
    'expected-statuses = [400, 401, 403, 428]',
    ...byPath.flatMap(([path, parameters]) => [
      '[[operations]]',
      `include-path-regex = ${JSON.stringify(path)}`,
      '[operations.parameters]',
      ...bind(parameters),
    ]),
  ].join('\n')
}

function bind(parameters: Readonly<Record<string, Source>>): string[] {
  return Object.entries(parameters).map(
    ([name, source]) => `"${name}" = { dictionary = "${source}", probability = ${probability} }`,
  )
}
