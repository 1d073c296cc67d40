/**
 * The document of the Aeon API, as the code of `ybm` and of the Terraform provider needs it: they
 * compile on a library that openapi-generator 5.2.1 makes of it.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { Json } from '../helpers/api.ts'
import { startTestService } from '../helpers/service.ts'

const { root } = await startTestService(t)
const document: Json = (await root.get('/openapi/aeon.json')).body
const schemas: Json = document.components.schemas
const operations = new Map<string, Json>(
  Object.values<Json>(document.paths)
    .flatMap((item) => Object.values<Json>(item))
    .map((operation) => [operation.operationId, operation]),
)

const component = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const arrayOf = (name: string) => ({ type: 'array', items: component(name) })
const commaSeparated = {
  style: 'form',
  explode: false,
  schema: { type: 'array', minItems: 1, items: { type: 'string' } },
}

/** Each point of the clients' code: what it reads of the document, and what it needs there. */
const points: readonly [string, () => unknown, unknown][] = [
  [
    'F1: AuthApi has the operations on keys',
    () => ['ListApiKeys', 'CreateApiKey', 'GetApiKey', 'RevokeApiKey'].flatMap(tagsOf),
    ['auth', 'auth', 'auth', 'auth'],
  ],
  [
    'F2: bodies are ApiKeySpec, NetworkAllowListSpec and RoleSpec',
    () => ['CreateApiKey', 'CreateNetworkAllowList', 'CreateRole', 'UpdateRole'].map(bodyOf),
    ['ApiKeySpec', 'NetworkAllowListSpec', 'RoleSpec', 'RoleSpec'].map(component),
  ],
  [
    'F3: allow_list_info and descriptions are optional and not nullable',
    () => [
      schemas.ApiKeySpec.properties.allow_list_info,
      schemas.NetworkAllowListSpec.properties.description,
      schemas.ApiKeySpec.required,
    ],
    [
      { type: 'array', nullable: undefined },
      { type: 'string', nullable: undefined },
      ['name', 'expire_after_hours'],
    ],
  ],
  [
    'F4: NewNetworkAllowListSpec takes a name, a description and a list',
    () => [schemas.NetworkAllowListSpec.required, schemas.NetworkAllowListSpec.properties],
    [
      ['name', 'description', 'allow_list'],
      { allow_list: { type: 'array', items: { type: 'string' } } },
    ],
  ],
  [
    'F5: answers have the specs of the bodies',
    () => ['ApiKeyData', 'NetworkAllowListData', 'RoleData'].map((name) => schemas[name]),
    ['ApiKeySpec', 'NetworkAllowListSpec', 'RoleSpec'].map((name) => ({
      required: ['spec', 'info'],
      properties: { spec: component(name) },
    })),
  ],
  [
    'F6: the enums are components',
    () => [
      schemas.ApiKeyStatusEnum,
      schemas.ResourceTypeEnum,
      schemas.ResourceOperationGroupEnum,
      schemas.ApiKeyData.properties.info.properties.status,
    ],
    [
      { type: 'string', enum: ['ACTIVE', 'EXPIRED', 'REVOKED'] },
      { type: 'string', pattern: undefined, enum: resourceTypes() },
      { type: 'string', pattern: undefined, enum: operationGroups() },
      component('ApiKeyStatusEnum'),
    ],
  ],
  [
    'F7: ResourcePermissionInfo has groups, which require their name only',
    () => [schemas.ResourcePermissionInfo, schemas.ResourceOperationGroup],
    [
      {
        required: ['resource_type', 'operation_groups'],
        properties: {
          resource_type: component('ResourceTypeEnum'),
          operation_groups: arrayOf('ResourceOperationGroup'),
        },
      },
      {
        required: ['operation_group'],
        properties: {
          operation_group: component('ResourceOperationGroupEnum'),
          operation_group_description: { type: 'string' },
          tags: { type: 'array', items: { type: 'string' } },
        },
      },
    ],
  ],
  [
    'F8: permissions of a role are ResourcePermissionInfo',
    () => [
      schemas.RoleSpec.properties.permissions,
      schemas.RoleData.properties.info.properties.effective_permissions,
    ],
    [arrayOf('ResourcePermissionInfo'), arrayOf('ResourcePermissionInfo')],
  ],
  [
    'F9: the catalogue has ResourcePermissionsData',
    () => [schemas.ResourcePermissionsResponse.properties.data, schemas.ResourcePermissionsData],
    [
      arrayOf('ResourcePermissionsData'),
      { properties: { info: component('ResourcePermissionInfo') } },
    ],
  ],
  [
    'F10: a key in a list may lack its status',
    () => schemas.ApiKeyBasicInfo,
    { required: ['name'], properties: { status: component('ApiKeyStatusEnum') } },
  ],
  [
    'F11: NetworkAllowListInfo may lack its keys, or have null for them',
    () => [schemas.NetworkAllowListInfo, schemas.NetworkAllowListData.properties.info],
    [
      {
        required: ['id', 'project_id', 'cluster_ids', 'cluster_list'],
        properties: {
          cluster_list: arrayOf('NetworkAllowListClusterInfo'),
          peering_id: { type: 'string', nullable: true },
          api_key_list: { ...arrayOf('ApiKeyBasicInfo'), nullable: true },
        },
      },
      component('NetworkAllowListInfo'),
    ],
  ],
  [
    'F12: metadata is nullable',
    () => schemas.EntityMetadata,
    { nullable: true, required: ['created_on', 'updated_on'] },
  ],
  [
    'F13: the JWT is optional',
    () => schemas.CreateApiKeyResponse,
    { required: ['data'], properties: { jwt: { type: 'string' } } },
  ],
  [
    'F14: users of a role are UserSpecWithStateInfo',
    () => [
      schemas.RoleData.properties.info.properties.users,
      Object.keys(schemas.UserSpecWithStateInfo.properties),
    ],
    [
      { ...arrayOf('UserSpecWithStateInfo'), nullable: true },
      ['email', 'first_name', 'last_name', 'state'],
    ],
  ],
  [
    'F15: an account has AccountInfo',
    () => schemas.AccountData.properties.info,
    component('AccountInfo'),
  ],
  [
    'F16: statuses and ids of keys are arrays, separated by commas',
    () => [
      parameterOf('ListApiKeys', 'status'),
      parameterOf('ListNetworkAllowLists', 'api_key_ids'),
    ],
    [commaSeparated, commaSeparated],
  ],
  [
    'F17: AccountApi has GetCurrentAccount and the users',
    () => [...operations.values()].filter(({ tags }) => tags[0] === 'account').map(idOf),
    [
      'GetCurrentAccount',
      'ListAccountUsers',
      'InviteAccountUser',
      'BatchInviteAccountUsers',
      'ModifyUserRole',
      'RemoveAccountUser',
    ],
  ],
  [
    'answers on users have the names that the mocks of the clients have',
    () => ['ListAccountUsers', 'InviteAccountUser', 'BatchInviteAccountUsers'].map(answerOf),
    ['UserListWithRoleResponse', 'InviteUserResponse', 'BatchInviteUserResponse'].map(component),
  ],
  [
    'addresses are invited as InviteUserSpec, and come back as InviteUserData',
    () => [
      bodyOf('BatchInviteAccountUsers'),
      schemas.BatchInviteUserSpec.properties.user_list,
      schemas.InviteUserData,
      schemas.BatchInviteUserResponse.properties.data.properties.user_list.items,
    ],
    [
      component('BatchInviteUserSpec'),
      arrayOf('InviteUserSpec'),
      { properties: { spec: component('InviteUserSpec'), info: component('UserInfo') } },
      {
        required: ['is_successful'],
        properties: {
          InviteUserData: component('InviteUserData'),
          error_message: { type: 'string' },
        },
      },
    ],
  ],
  [
    'a user has an id and a state, and roles with their names',
    () => [
      schemas.UserData,
      schemas.UserInfo,
      schemas.UserAccountRoleData.properties.roles,
      bodyOf('ModifyUserRole'),
    ],
    [
      { required: ['spec', 'info'], properties: { spec: component('UserSpec') } },
      {
        properties: {
          id: { type: 'string' },
          state: { type: 'string' },
          role_list: arrayOf('UserAccountRoleData'),
        },
      },
      arrayOf('RoleData'),
      component('ModifyUserRoleRequest'),
    ],
  ],
]

for (const [point, read, needed] of points) {
  t.test(`the Aeon document fits the code of the clients: ${point}`, async (t) => {
    t.match(read(), needed)
  })
}

t.test('the Aeon document is OpenAPI 3.0.3 and has nothing that 3.0.3 lacks', async (t) => {
  t.equal(document.openapi, '3.0.3')
  t.same(document.info.license, {
    name: 'Apache-2.0',
    url: 'https://www.apache.org/licenses/LICENSE-2.0',
  })
  t.same(Object.keys(document.components).sort(), ['schemas', 'securitySchemes'])
  t.same(faultsIn(document, '#'), [])
})

t.test('the check for OpenAPI 3.0.3 notices what 3.0.3 lacks', async (t) => {
  const faulty: readonly Json[] = [
    { type: ['string', 'null'] },
    { type: 'null' },
    { type: 'string', examples: ['x'] },
    { const: 'x' },
    { type: 'integer', exclusiveMinimum: 0 },
    { type: 'object', patternProperties: {} },
    { type: 'array' },
    { nullable: true },
    { $ref: '#/components/schemas/RoleData', description: 'x' },
    { type: 'string', 'x-alias': true },
    { type: 'array', prefixItems: [] },
  ]
  for (const schema of faulty) {
    t.equal(faultsIn({ schema: { type: 'object', properties: { a: schema } } }, '#').length, 1, {
      schema,
    })
  }
})

t.test('the committed Aeon document is the one that is served', async (t) => {
  const path = join(import.meta.dirname, '../../openapi/aeon.json')
  t.same(JSON.parse(await readFile(path, 'utf8')), document)
  t.equal((await root.get('/openapi.json')).body.openapi, '3.1.0', 'the native one stays 3.1')
})

t.test('the Aeon document has names that generators can tell apart', async (t) => {
  const perOperation = [...operations.values()].map(({ parameters = [] }) =>
    parameters.map(({ name }: Json) => name.replaceAll('_', '').toLowerCase()),
  )
  for (const names of perOperation) t.equal(new Set(names).size, names.length, String(names))
  const filters = operations.get('ListApiKeys')?.parameters.map(({ name }: Json) => name)
  t.ok(filters.includes('api_key_name'))
  t.notOk(filters.includes('apiKeyName') || filters.includes('name'), 'the others are served only')
  // oapi-codegen calls the answer of an operation so.
  const clashing = [...operations.keys()].map((id) => `${id}Response`).filter((id) => id in schemas)
  t.same(clashing, ['CreateApiKeyResponse'])
  t.equal(schemas.CreateApiKeyResponse['x-go-name'], 'CreatedApiKey')
})

t.test('each operation of the Aeon document has every answer that the service gives', async (t) => {
  for (const [path, item] of Object.entries<Json>(document.paths)) {
    for (const [method, { responses }] of Object.entries<Json>(item)) {
      const error = { content: { 'application/json': { schema: component('ApiError') } } }
      t.match(responses.default, error, `${method} ${path}: 417 and others`)
      const isRead = method === 'get'
      t.same([isRead, isRead], ['304' in responses, '412' in responses], `${method} ${path}`)
      if (isRead)
        t.same([responses[304].content, responses[412].content], [undefined, error.content])
    }
  }
  const { headers } = await root.get('/api/public/v1/account')
  const ask = async (given: Record<string, string>) =>
    (await root.call('GET', '/api/public/v1/account', { headers: given })).status
  t.equal(await ask({ 'if-none-match': String(headers.etag) }), 304)
  t.equal(await ask({ 'if-match': '"x"' }), 412)
  t.equal(await ask({ expect: 'cake' }), 417)
})

t.test('no value is in two enums of the Aeon document', async (t) => {
  const values = Object.values<Json>(schemas).flatMap((schema) => schema.enum ?? [])
  t.equal(new Set(values).size, values.length, 'generated Go has one constant for each value')
})

t.test('everything in the Aeon document is described', async (t) => {
  const undescribed: string[] = []
  for (const [name, schema] of Object.entries<Json>(schemas)) {
    if (schema.description === undefined) undescribed.push(name)
    for (const [field, member] of Object.entries<Json>(schema.properties ?? {})) {
      const isDescribed = member.$ref !== undefined || member.description !== undefined
      if (!isDescribed) undescribed.push(`${name}.${field}`)
    }
  }
  for (const [id, operation] of operations) {
    if (!operation.summary || !operation.description) undescribed.push(id)
    for (const { name, description } of operation.parameters ?? []) {
      if (description === undefined) undescribed.push(`${id}: ${name}`)
    }
    for (const [status, { description }] of Object.entries<Json>(operation.responses)) {
      if (description === 'Default Response') undescribed.push(`${id}: ${status}`)
    }
  }
  t.same(undescribed, [])
  t.match(document.info, { contact: { name: String } })
  const used = new Set([...operations.keys()].flatMap(tagsOf))
  t.same(document.tags.map(({ name }: Json) => name).sort(), [...used].sort())
  t.ok(document.tags.every(({ description }: Json) => description !== undefined))
})

function tagsOf(operationId: string): string[] {
  return operations.get(operationId)?.tags
}

function idOf(operation: Json): string {
  return operation.operationId
}

function bodyOf(operationId: string): Json {
  return operations.get(operationId)?.requestBody.content['application/json'].schema
}

function answerOf(operationId: string): Json {
  return operations.get(operationId)?.responses['200'].content['application/json'].schema
}

function parameterOf(operationId: string, name: string): Json {
  return operations.get(operationId)?.parameters.find((each: Json) => each.name === name)
}

/** Cited names of public sources; docs/decisions/0005-names-that-aeon-knows.md. */
function resourceTypes(): string[] {
  return [
    'ACCOUNT_LOGIN_TYPE',
    'ACCOUNT_USER',
    'ALERT_RULE',
    'API_KEY',
    'BACKUP',
    'BILLING_PROFILE',
    'CLUSTER',
    'CLUSTER_MAINTENANCE_EVENT',
    'CLUSTER_MAINTENANCE_SCHEDULE',
    'PROMO_CODE',
    'READ_REPLICA',
    'TRACK',
  ]
}

function operationGroups(): string[] {
  return ['CREATE', 'DELETE', 'READ', 'REDEEM', 'REVOKE', 'SEND_TEST_EMAIL', 'UPDATE']
}

/** The keywords of a schema in OpenAPI 3.0.3, except those for XML. */
const keywords = new Set([
  ...['$ref', 'type', 'format', 'title', 'description', 'default', 'nullable', 'example', 'enum'],
  ...['allOf', 'oneOf', 'anyOf', 'not', 'items', 'properties', 'additionalProperties', 'required'],
  ...['maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'multipleOf'],
  ...['maxLength', 'minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems'],
  ...['maxProperties', 'minProperties', 'readOnly', 'writeOnly', 'deprecated', 'discriminator'],
  ...['externalDocs', 'x-go-name'],
])

const types = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object'])

/** The places below a node of a document where a schema is not one of OpenAPI 3.0.3. */
function faultsIn(node: Json, path: string): string[] {
  if (node === null || typeof node !== 'object') return []
  return Object.entries<Json>(node).flatMap(([name, member]) => {
    const at = `${path}/${name}`
    if (name === 'schema') return schemaFaults(member, at)
    if (path === '#/components/schemas') return schemaFaults(member, at)
    return faultsIn(member, at)
  })
}

function schemaFaults(schema: Json, path: string): string[] {
  const faults = Object.keys(schema).filter((keyword) => !keywords.has(keyword))
  if (schema.$ref !== undefined) {
    if (Object.keys(schema).length > 1) faults.push('$ref with siblings')
  } else if (!types.has(schema.type)) {
    if (!('const' in schema)) faults.push(`type ${schema.type}`)
  }
  if (schema.type === 'array' && schema.items === undefined && !('prefixItems' in schema)) {
    faults.push('array without items')
  }
  for (const name of ['exclusiveMinimum', 'exclusiveMaximum']) {
    if (typeof schema[name] === 'number') faults.push(name)
  }
  const nested = Object.entries<Json>(schema.properties ?? {})
  if (schema.items !== undefined) nested.push(['items', schema.items])
  return [
    ...faults.map((fault) => `${path}: ${fault}`),
    ...nested.flatMap(([name, member]) => schemaFaults(member, `${path}/${name}`)),
  ]
}
