import { Ajv2020 } from 'ajv/dist/2020.js'
import type { App } from '../../src/http/app-type.ts'
import type { Answer, Json } from './api.ts'

/** Throws when an answer is not one that the OpenAPI document describes. */
export type CheckAnswer = (method: string, path: string, answer: Answer) => void

const documentId = 'https://aeon-keys.test/openapi.json'
const problemPointer = '#/components/schemas/Problem'
const oauthErrorPointer = '#/components/schemas/OAuthError'

/**
 * Checks what every error of an API must satisfy; `validate` throws unless a body matches the
 * schema at a pointer.
 */
type CheckError = (
  label: string,
  answer: Answer,
  validate: (pointer: string, body: Json) => void,
) => void

/**
 * Checks answers of the native API against the document that the app makes. The app must be ready.
 * No setting changes the document: it is made once for each process.
 */
export function createConformanceCheck(app: App): CheckAnswer {
  nativeCheck ??= createDocumentCheck(app.swagger(), checkProblem)
  return nativeCheck
}

let nativeCheck: CheckAnswer | undefined

/**
 * Checks answers against a document: the document must declare the status and the Content-Type for
 * the route, and the body must match its schema, without a field that the schema does not name. An
 * error must have the form of its API, also on a path that the document lacks.
 */
export function createDocumentCheck(described: object, checkError: CheckError): CheckAnswer {
  const document: Json = closeObjects(described)
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  ajv.addFormat('int32', { type: 'number', validate: Number.isInteger })
  ajv.addFormat('int64', { type: 'number', validate: Number.isSafeInteger })
  ajv.addSchema(document, documentId)
  // Fixed segments before parameters, as the router matches them: "report" is no key.
  const paths = Object.keys(document.paths).sort(
    (a, b) => a.split('{').length - b.split('{').length,
  )
  const templates = paths.map((template) => ({
    template,
    matches: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }))

  function validate(pointer: string, body: Json, label: string): void {
    const schema =
      ajv.getSchema(documentId + pointer) ?? ajv.compile({ $ref: documentId + pointer })
    if (!schema(body)) {
      throw new Error(`${label} does not match ${pointer}: ${ajv.errorsText(schema.errors)}`)
    }
  }

  return (method, path, answer) => {
    const [pathname = ''] = path.split('?', 1)
    const label = `${method} ${pathname} ${answer.status}`
    checkRequestId(label, answer)
    checkError(label, answer, (pointer, body) => validate(pointer, body, label))
    const template = templates.find(({ matches }) => matches.test(pathname))?.template
    const operation = template && document.paths[template][method.toLowerCase()]
    if (template === undefined || operation === undefined) return
    const declared: Json = resolve(document, operation.responses[answer.status])
    if (declared === undefined) throw new Error(`${label} is not declared`)
    // forward-auth reports in headers what the client lacks, and in a body what the proxy itself
    // lacks.
    if (answer.text === '' && namesScope(answer)) return
    if (declared.content === undefined) {
      if (answer.text !== '') throw new Error(`${label} has a body, and none is declared`)
      return
    }
    const [type = ''] = String(answer.headers['content-type']).split(';')
    if (declared.content[type] === undefined) throw new Error(`${label}: ${type} is not declared`)
    const at = placeOf(operation, template, method, String(answer.status))
    const pointer = [at, 'content', escapePointer(type), 'schema'].join('/')
    if (/[/+]json$/.test(type)) validate(pointer, answer.body, label)
  }
}

/** What a reference refers to, or the object itself. */
function resolve(document: Json, node: Json): Json {
  if (node?.$ref === undefined) return node
  return node.$ref
    .slice(2)
    .split('/')
    .reduce((found: Json, part: string) => found?.[part], document)
}

/** The pointer to a response, which operations may share. */
function placeOf(operation: Json, template: string, method: string, status: string): string {
  const { $ref } = operation.responses[status]
  if ($ref !== undefined) return $ref
  const at = ['paths', template, method.toLowerCase(), 'responses', status]
  return `#/${at.map(escapePointer).join('/')}`
}

function checkRequestId(label: string, { headers }: Answer): void {
  if (/^[A-Za-z0-9-]{1,64}$/.test(String(headers['x-request-id']))) return
  throw new Error(`${label} has no request id`)
}

const checkProblem: CheckError = (label, answer, validate) => {
  const { status, headers, body } = answer
  if (status < 400 || answer.text === '') return
  const type = headers['content-type']
  // RFC 6749, section 5.2.
  if (/^\S+ \/(?:oauth2\/introspect|v1\/session\/back-channel-logout)[/ ]/.test(label)) {
    if (type !== 'application/json; charset=utf-8') throw new Error(`${label} is ${type}`)
    validate(oauthErrorPointer, body)
  } else {
    if (type !== 'application/problem+json; charset=utf-8') throw new Error(`${label} is ${type}`)
    validate(problemPointer, body)
    if (body.status !== status) throw new Error(`${label} says ${body.status}`)
    if (body.request_id !== headers['x-request-id']) {
      throw new Error(`${label} has another request id`)
    }
  }
  if (headers['cache-control'] !== 'no-store') throw new Error(`${label} may be stored`)
  if ((status === 503) !== (headers['retry-after'] !== undefined)) {
    throw new Error(`${label}: retry-after is ${headers['retry-after']}`)
  }
  // RFC 6750, section 3: 403 has one if the token lacks a permission.
  if (status !== 403 && (status === 401) !== (headers['www-authenticate'] !== undefined)) {
    throw new Error(`${label}: www-authenticate is ${headers['www-authenticate']}`)
  }
}

/** RFC 6750, section 3.1. */
function namesScope({ status, headers }: Answer): boolean {
  return status === 403 && String(headers['www-authenticate']).includes('"insufficient_scope"')
}

/**
 * A copy in which no object may have a field that its schema does not name, and no text a value
 * that is not known: the document leaves both open for later versions.
 */
function closeObjects(node: Json): Json {
  if (Array.isArray(node)) return node.map(closeObjects)
  if (node === null || typeof node !== 'object') return node
  const copy = Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, closeObjects(value)]),
  )
  if (typeof node.properties === 'object' && node.type !== undefined) {
    copy.additionalProperties ??= false
  }
  if (node['x-extensible-enum'] !== undefined) copy.enum = node['x-extensible-enum']
  return copy
}

/** RFC 6901, section 3, and its form in a URI fragment. */
function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
}
