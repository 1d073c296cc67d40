import t from 'tap'
import type { Json } from '../helpers/api.ts'
import { newAccount } from '../helpers/fixtures.ts'
import { startTestService } from '../helpers/service.ts'

const { root } = await startTestService(t)
const account = await newAccount(root)
const project = (await root.get(`/v1/accounts/${account}`)).body.account.project_id

for (const path of ['/openapi.json', '/openapi/aeon.json']) {
  t.test(`a filter that must not be empty says so in ${path}`, async (t) => {
    const document: Json = (await root.get(path)).body
    const lists = Object.entries<Json>(document.paths).filter(([path, { get }]) => {
      return get !== undefined && !/\{(?!account_id|project_id)|\.well-known/.test(path)
    })
    const tried: string[] = []
    for (const [template, { get }] of lists) {
      const path = template.replace('{account_id}', account).replace('{project_id}', project)
      for (const { name, in: place, schema } of get.parameters ?? []) {
        if (place !== 'query' || !mayBeEmpty(schema)) continue
        tried.push(name)
        t.not((await root.get(`${path}?${name}=`)).status, 400, `${get.operationId}: ${name}`)
      }
    }
    t.ok(tried.length > 0)
  })
}

t.test('an acting user has a name if one is sent, and the document says so', async (t) => {
  const { components }: Json = (await root.get('/openapi.json')).body
  t.equal(components.parameters.ActingUserName.schema.minLength, 1)
  t.equal(components.parameters.ActingUser.schema.pattern, '^[!-~]+$')
  const headers = { 'x-acting-user': 'user|42', 'x-acting-user-name': '' }
  t.equal((await root.call('POST', '/v1/accounts', { body: { name: 'A' }, headers })).status, 400)
})

t.test('an introspected token has characters, and the document says so', async (t) => {
  const { components }: Json = (await root.get('/openapi.json')).body
  t.equal(components.schemas.IntrospectionForm.properties.token.minLength, 1)
  const raw = { type: 'application/x-www-form-urlencoded', text: 'token=' }
  t.equal((await root.call('POST', '/oauth2/introspect', { raw })).status, 400)
})

/** Whether a document says that a parameter may be sent without a value. */
function mayBeEmpty({ type, format, enum: known, minLength = 0, minItems = 0 }: Json): boolean {
  if (type === 'array') return minItems === 0
  return type === 'string' && format === undefined && known === undefined && minLength === 0
}
