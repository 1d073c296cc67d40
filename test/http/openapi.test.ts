/**
 * What generators of clients, linters and viewers need of openapi/openapi.json. The conformance
 * check compares the document with every answer; this is what it cannot see.
 */
import t from 'tap'
import { describe } from '../../scripts/describe-app.ts'
import type { Json } from '../helpers/api.ts'

const { 'openapi.json': described } = await describe()
const document: Json = described
const schemas: Record<string, Json> = document.components.schemas
const methods = ['get', 'post', 'put', 'patch', 'delete']
const operations: readonly Json[] = Object.entries(document.paths as Json).flatMap(
  ([path, item]: [string, Json]) =>
    methods.filter((method) => item[method]).map((method) => ({ ...item[method], path, method })),
)

t.test('every tag, operation, parameter, property and component has a description', async (t) => {
  for (const tag of document.tags) t.ok(tag.description, `tag ${tag.name}`)
  for (const operation of operations) {
    t.ok(operation.description && operation.summary, operation.operationId)
    t.ok(
      document.tags.some((tag: Json) => operation.tags.includes(tag.name)),
      'a known tag',
    )
    for (const { name, description } of parametersOf(operation)) {
      t.ok(description, `${operation.operationId} ${name}`)
    }
  }
  for (const [name, schema] of Object.entries(schemas)) {
    t.ok(schema.description, name)
    for (const [field, property] of Object.entries<Json>(schema.properties ?? {})) {
      t.ok(property.description ?? property.$ref, `${name}.${field}`)
    }
  }
})

t.test('parameters have the types of answers, and those of the path come first', async (t) => {
  const types: Record<string, object> = {
    account_id: { type: 'string', format: 'uuid' },
    revision: { type: 'integer', format: 'int64', minimum: 1 },
    number: { type: 'integer', format: 'int64', minimum: 1 },
  }
  for (const operation of operations) {
    const parameters = parametersOf(operation)
    const order = parameters.map(orderOf)
    t.same(order, order.toSorted(), operation.operationId)
    const inPath = parameters.filter(({ in: place }) => place === 'path')
    const named = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
    t.same(
      inPath.map(({ name }) => name),
      named,
      'in the order of the path',
    )
    for (const { name, schema } of inPath) {
      const isOfKey = /\/api-keys\/\{id\}/.test(operation.path)
      if (name === 'id') t.equal(schema.format, isOfKey ? undefined : 'uuid', operation.path)
      else t.same(schema, types[name], name)
    }
    for (const { name, schema, style, explode } of parameters) {
      if (schema.type !== 'array') continue
      const isRepeated = operation.operationId === 'forwardAuth'
      t.same({ style, explode }, { style: 'form', explode: isRepeated }, name)
    }
    const mayLackTag = operation.responses['428'] === undefined
    const ifMatch = parameters.find(({ name }) => name === 'If-Match')
    t.equal(ifMatch?.required ?? false, !mayLackTag, 'If-Match is required where it is 428')
  }
  const form = operations.find(({ operationId }) => operationId === 'introspectToken')
  const media = form?.requestBody.content['application/x-www-form-urlencoded']
  t.same(media.encoding, { permission: { style: 'form', explode: true } })
})

t.test('bodies have neither defaults nor sets, and enums of answers are open', async (t) => {
  const requests = new Set<string>()
  for (const { requestBody } of operations) collect(requestBody, requests)
  const answers = new Set<string>()
  for (const { responses } of operations) collect(responses, answers)
  for (const name of new Set([...requests, ...answers])) {
    walk(schemas[name], (node, at) => {
      const isOfWords = (node.enum ?? []).every((value: unknown) => typeof value === 'string')
      t.ok(isOfWords, `${name}${at}: generators for C# make no enum of ${node.enum}`)
      t.notOk('uniqueItems' in node, `${name}${at}: generators make sets of uniqueItems`)
      t.notOk('default' in node && at !== '/properties', `${name}${at}: a default`)
      if (answers.has(name)) t.notOk('enum' in node, `${name}${at}: a new value breaks clients`)
    })
  }
  t.notOk(JSON.stringify(document).includes('x-document'), 'no mark of ours is shown')
  t.notOk(JSON.stringify(document).includes('x-undocumented'), 'no mark of ours is shown')
})

t.test('objects in objects are components, which generators name as we do', async (t) => {
  for (const [name, schema] of Object.entries(schemas)) {
    walk(schema, (node, at) => {
      if (at !== '') t.notOk('properties' in node && isObject(node), name + at)
    })
  }
  for (const { operationId, responses } of operations) {
    for (const [status, response] of Object.entries<Json>(responses)) {
      const json = response.content?.['application/json']
      if (json) t.ok(json.schema.$ref, `${operationId} ${status}`)
    }
  }
})

t.test('every operation declares the errors that come before any operation', async (t) => {
  for (const { operationId, responses } of operations) {
    const standard = { $ref: '#/components/responses/UnexpectedProblem' }
    if (operationId === 'introspectToken') t.match(responses.default, { content: Object })
    else t.same(responses.default, standard, operationId)
  }
  const { content } = document.components.responses.UnexpectedProblem
  t.same(content['application/problem+json'].schema, { $ref: '#/components/schemas/Problem' })
})

t.test('every 201 names its resource, and every creation may be repeated', async (t) => {
  const created = operations.filter(({ responses }) => responses['201'])
  t.equal(created.length, 8)
  for (const { operationId, responses, ...operation } of created) {
    t.ok(responses['201'].headers.Location, operationId)
    t.ok(responses['201'].headers['Idempotent-Replayed'], operationId)
    const names = parametersOf(operation).map(({ name }) => name)
    t.ok(names.includes('Idempotency-Key'), operationId)
  }
})

t.test('every body has an example, which is that of its schema', async (t) => {
  for (const { operationId, requestBody } of operations) {
    for (const media of Object.values<Json>(requestBody?.content ?? {})) {
      t.ok(media.example, operationId)
      const name = media.schema.$ref.split('/').at(-1)
      t.same(schemas[name]?.examples[0], media.example, operationId)
    }
  }
})

t.test('the document says whose it is, where it is served, and stays small', async (t) => {
  t.same(document.info.contact, { name: 'The operators of this service' })
  t.equal(document.servers[0].url, 'http://127.0.0.1:8080')
  // 421 kB if responses and parameters were not shared; descriptions are 52 kB.
  t.ok(JSON.stringify(document).length < 170_000, String(JSON.stringify(document).length))
})

/** Also of an object that may be null. */
function isObject({ type }: Json): boolean {
  return [type].flat().includes('object')
}

function parametersOf(operation: Json): readonly Json[] {
  return (operation.parameters ?? []).map((parameter: Json) => follow(parameter))
}

function follow(node: Json): Json {
  if (node.$ref === undefined) return node
  return node.$ref
    .slice(2)
    .split('/')
    .reduce((found: Json, part: string) => found[part], document)
}

/** Those of the path, then those that are required, then the others. */
function orderOf({ in: place, required }: Json): number {
  if (place === 'path') return 0
  return required === true ? 1 : 2
}

/** Adds the names of the components that a part of the document refers to. */
function collect(node: Json, names: Set<string>): void {
  walk(node, ({ $ref }) => {
    if (typeof $ref !== 'string') return
    const name = $ref.split('/').at(-1) ?? ''
    if ($ref.startsWith('#/components/schemas/') && !names.has(name)) {
      names.add(name)
      collect(schemas[name], names)
    } else if ($ref.startsWith('#/components/responses/')) collect(follow({ $ref }), names)
  })
}

/** Visits every object, examples excepted. */
function walk(node: Json, visit: (node: Json, at: string) => void, at = ''): void {
  if (typeof node !== 'object' || node === null) return
  if (!Array.isArray(node)) visit(node, at)
  for (const [name, value] of Object.entries(node)) {
    if (!/^examples?$/.test(name)) walk(value as Json, visit, `${at}/${name}`)
  }
}
