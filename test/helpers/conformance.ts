import { Ajv2020 } from 'ajv/dist/2020.js'
import type { App } from '../../src/http/app-type.ts'
import type { Answer, Json } from './api.ts'

/** Throws when an answer is not one that the OpenAPI document promises. */
export type CheckAnswer = (method: string, path: string, answer: Answer) => void

const documentId = 'https://aeon-keys.test/openapi.json'
const problemPointer = '#/components/schemas/Problem'
const oauthErrorPointer = '#/components/schemas/OAuthError'

/** What holds for every error of a face; `validate` throws unless a body matches the schema at a pointer. */
type CheckError = (
  told: string,
  answer: Answer,
  validate: (pointer: string, body: Json) => void,
) => void

/**
 * Holds answers of the native face against the document that the app makes. The app must be ready. No
 * setting changes the document: it is made once a process.
 */
export function createConformanceCheck(app: App): CheckAnswer {
  nativeCheck ??= createDocumentCheck(app.swagger(), checkProblem)
  return nativeCheck
}

let nativeCheck: CheckAnswer | undefined

/**
 * Holds answers against a document: the status must be declared for the route, the Content-Type too,
 * and the body must match its schema, without a field that the schema does not name. An error must be
 * one of its face, also on a path that the document does not know.
 */
export function createDocumentCheck(described: object, checkError: CheckError): CheckAnswer {
  const document: Json = closeObjects(described)
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  ajv.addFormat('int32', { type: 'number', validate: Number.isInteger })
  ajv.addFormat('int64', { type: 'number', validate: Number.isSafeInteger })
  ajv.addSchema(document, documentId)
  // Words before parameters, as the router has it: "report" is no key.
  const paths = Object.keys(document.paths).sort(
    (a, b) => a.split('{').length - b.split('{').length,
  )
  const templates = paths.map((template) => ({
    template,
    matches: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }))

  function validate(pointer: string, body: Json, told: string): void {
    const schema =
      ajv.getSchema(documentId + pointer) ?? ajv.compile({ $ref: documentId + pointer })
    if (!schema(body)) {
      throw new Error(`${told} does not match ${pointer}: ${ajv.errorsText(schema.errors)}`)
    }
  }

  return (method, path, answer) => {
    const [pathname = ''] = path.split('?', 1)
    const told = `${method} ${pathname} ${answer.status}`
    checkRequestId(told, answer)
    checkError(told, answer, (pointer, body) => validate(pointer, body, told))
    const template = templates.find(({ matches }) => matches.test(pathname))?.template
    const operation = template && document.paths[template][method.toLowerCase()]
    if (template === undefined || operation === undefined) return
    const declared: Json = operation.responses[answer.status]
    if (declared === undefined) throw new Error(`${told} is not declared`)
    // A proxy is told in headers what its client lacks, and why it may not ask itself in a body.
    if (answer.text === '' && tellsScope(answer)) return
    if (declared.content === undefined) {
      if (answer.text !== '') throw new Error(`${told} has a body, and none is declared`)
      return
    }
    const [type = ''] = String(answer.headers['content-type']).split(';')
    if (declared.content[type] === undefined) throw new Error(`${told}: ${type} is not declared`)
    const at = ['paths', template, method.toLowerCase(), 'responses', String(answer.status)]
    const pointer = [...at, 'content', type, 'schema'].map(escapePointer).join('/')
    if (type.endsWith('json')) validate(`#/${pointer}`, answer.body, told)
  }
}

function checkRequestId(told: string, { headers }: Answer): void {
  if (/^[A-Za-z0-9-]{1,64}$/.test(String(headers['x-request-id']))) return
  throw new Error(`${told} has no request id`)
}

const checkProblem: CheckError = (told, answer, validate) => {
  const { status, headers, body } = answer
  if (status < 400 || answer.text === '') return
  const type = headers['content-type']
  // RFC 6749, section 5.2.
  if (/^\S+ \/oauth2\/introspect[/ ]/.test(told)) {
    if (type !== 'application/json; charset=utf-8') throw new Error(`${told} is ${type}`)
    validate(oauthErrorPointer, body)
  } else {
    if (type !== 'application/problem+json; charset=utf-8') throw new Error(`${told} is ${type}`)
    validate(problemPointer, body)
    if (body.status !== status) throw new Error(`${told} says ${body.status}`)
    if (body.request_id !== headers['x-request-id']) {
      throw new Error(`${told} has another request id`)
    }
  }
  if (headers['cache-control'] !== 'no-store') throw new Error(`${told} may be stored`)
  if ((status === 503) !== (headers['retry-after'] !== undefined)) {
    throw new Error(`${told}: retry-after is ${headers['retry-after']}`)
  }
  if ((status === 401) !== (headers['www-authenticate'] !== undefined)) {
    throw new Error(`${told}: www-authenticate is ${headers['www-authenticate']}`)
  }
}

/** RFC 6750, section 3.1. */
function tellsScope({ status, headers }: Answer): boolean {
  return status === 403 && String(headers['www-authenticate']).includes('"insufficient_scope"')
}

/** A copy in which no object may hold a field that its schema does not name. */
function closeObjects(node: Json): Json {
  if (Array.isArray(node)) return node.map(closeObjects)
  if (node === null || typeof node !== 'object') return node
  const copy = Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, closeObjects(value)]),
  )
  if (typeof node.properties === 'object' && node.type !== undefined) {
    copy.additionalProperties ??= false
  }
  return copy
}

/** RFC 6901, section 3, and its form in a URI fragment. */
function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
}
