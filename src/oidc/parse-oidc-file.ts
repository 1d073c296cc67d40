import { Ajv, type ValidateFunction } from 'ajv'
import { type Static, Type } from 'typebox'
import { maxIssuerLength, maxNameLength } from '../domain/limits.ts'
import type { MappingRule } from '../domain/person/mapping.ts'
import { isUuid } from '../domain/uuid.ts'
import type { ProviderSettings } from './provider-settings.ts'

const closed = { additionalProperties: false } as const
const text = Type.String({ minLength: 1, maxLength: 2_000 })

/** A text that people see, and that shows nothing else than what it has. */
const visible = '^(?=.*\\S)[^\\p{C}\\p{Zl}\\p{Zp}]+$'

const Rule = Type.Object(
  {
    claim: text,
    value: text,
    /** The id of an account. */
    account: Type.Optional(text),
    /** In place of `account`: a role of the platform account. */
    platform: Type.Optional(Type.Literal(true)),
    /** The name or the id of a role of the account. */
    role: text,
  },
  closed,
)

const Provider = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
    label: Type.Optional(Type.String({ maxLength: maxNameLength, pattern: visible })),
    issuer: Type.String({ minLength: 1, maxLength: maxIssuerLength }),
    client_id: text,
    client_secret_file: Type.Optional(text),
    scopes: Type.Optional(Type.Array(Type.String({ pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$' }))),
    origins: Type.Optional(Type.Array(text)),
    /** Whom JWTs at /v1 must be for. Absent: the service accepts none of the issuer. */
    audience: Type.Optional(text),
    roles: Type.Array(Rule, { maxItems: 10_000 }),
  },
  closed,
)

const OidcFile = Type.Object(
  { providers: Type.Array(Provider, { minItems: 1, maxItems: 20 }) },
  closed,
)

type OidcFile = Static<typeof OidcFile>

/** A provider whose secret is still in the file that it names. */
export interface UnreadProvider extends Omit<ProviderSettings, 'clientSecret'> {
  readonly clientSecretFile: string | undefined
}

/** The providers of OIDC_FILE. Throws an Error that lists every fault, and repeats no value. */
export function parseOidcFile(file: unknown): readonly UnreadProvider[] {
  const isOidcFile = fileCheck()
  if (!isOidcFile(file)) {
    const faults = isOidcFile.errors?.map(
      (fault) => `${fault.instancePath || '/'} ${fault.message}`,
    )
    throw new Error(faults?.join('; '))
  }
  const { providers } = file as OidcFile
  const faults = [
    ...providers.flatMap(faultsOf),
    ...audienceFaults(providers),
    ...repeated(providers.map(({ name }) => name)).map((name) => `two providers are named ${name}`),
    ...repeated(providers.map(({ issuer }) => issuer)).map(() => 'two providers have one issuer'),
  ]
  if (faults.length > 0) throw new Error(faults.join('; '))
  return providers.map(toProvider)
}

function toProvider(provider: Static<typeof Provider>): UnreadProvider {
  const scopes = provider.scopes ?? ['openid', 'email', 'profile']
  return {
    name: provider.name,
    label: provider.label ?? provider.name,
    issuer: provider.issuer,
    clientId: provider.client_id,
    clientSecretFile: provider.client_secret_file,
    scopes: scopes.includes('openid') ? scopes : ['openid', ...scopes],
    origins: provider.origins ?? [],
    audience: provider.audience,
    rules: provider.roles.map(toRule),
  }
}

function toRule({ claim, value, account, role }: Static<typeof Rule>): MappingRule {
  return { claim, value, role, accountId: account?.toLowerCase() ?? null }
}

function faultsOf(provider: Static<typeof Provider>, index: number): string[] {
  const at = `/providers/${index}`
  const faults = provider.roles.flatMap(({ account, platform }, place) => {
    if ((account === undefined) === (platform === undefined)) {
      return [`${at}/roles/${place} must have either account or platform`]
    }
    if (account === undefined || isUuid(account)) return []
    return [`${at}/roles/${place}/account must be the id of an account`]
  })
  if (!isIssuer(provider.issuer)) {
    faults.push(`${at}/issuer must be an https URL, or an http URL of a loopback address`)
  }
  for (const [place, origin] of (provider.origins ?? []).entries()) {
    if (URL.parse(origin)?.origin === origin && isSafe(new URL(origin))) continue
    faults.push(`${at}/origins/${place} must be an https origin, or one of a loopback address`)
  }
  return faults
}

/** An ID token is for a client id: it says who signed in, and is no permission to call an API. */
function audienceFaults(providers: OidcFile['providers']): string[] {
  const clientIds = new Set(providers.map((provider) => provider.client_id))
  return providers.flatMap(({ audience }, index) =>
    audience !== undefined && clientIds.has(audience)
      ? [`/providers/${index}/audience must not be a client id`]
      : [],
  )
}

/**
 * OpenID Connect Discovery 1.0, section 3: a URL without query and fragment. Parsers of URLs drop
 * spaces and line ends and mend slashes, and no provider calls itself so.
 */
function isIssuer(issuer: string): boolean {
  if (!/^https?:\/\/[^\s\\\p{C}]+$/iu.test(issuer)) return false
  const url = URL.parse(issuer)
  if (url === null || issuer.includes('?') || issuer.includes('#')) return false
  return url.username === '' && url.password === '' && isSafe(url)
}

function isSafe({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true
  return protocol === 'http:' && isLoopback(hostname)
}

/** Whether a host, as a URL has it, is this machine by every resolver. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]'
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))]
}

let compiledCheck: ValidateFunction | undefined

function fileCheck(): ValidateFunction {
  compiledCheck ??= new Ajv({ allErrors: true, validateSchema: false }).compile(OidcFile)
  return compiledCheck
}
