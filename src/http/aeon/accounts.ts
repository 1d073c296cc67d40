import type { Static } from 'typebox'
import { Type } from 'typebox'
import packageJson from '../../../package.json' with { type: 'json' }
import type { Account } from '../../domain/account.ts'
import { getAccount } from '../../management/accounts/get.ts'
import type { App } from '../app-type.ts'
import type { Deps } from '../deps.ts'
import { closed, ref } from '../schema-tools.ts'
import { pagingMetadata, pagingParameters } from './paging.ts'
import { responses } from './responses.ts'
import {
  type AccountData,
  AccountListResponse,
  AccountResponse,
  PingResponse,
  type ProjectData,
  ProjectListResponse,
} from './schemas.ts'

/** Aeon gives the first project of an account this name, and an account has one only. */
const projectName = 'default'

const paging = pagingParameters({ name: 'name' })

/** Whom the caller belongs to: every command of the clients begins with these, whatever its key may do. */
export function accountRoutes(scope: App, deps: Deps): void {
  const config = { access: { permission: null } } as const
  const startedAt = deps.now().toISOString()

  scope.get(
    '/ping',
    {
      config,
      schema: {
        operationId: 'GetPing',
        tags: ['health-check'],
        summary: 'Check that the service is available and the key is valid',
        response: responses(ref(PingResponse)),
      },
    },
    async () => ({
      data: {
        build_info: { revision: packageJson.version, branch: packageJson.name },
        runtime_info: { start_timestamp: startedAt, alive: true },
      },
    }),
  )

  scope.get(
    '/account',
    {
      config,
      schema: {
        operationId: 'GetCurrentAccount',
        tags: ['account'],
        summary: 'Get the account of the key and its project',
        response: responses(ref(AccountResponse)),
      },
    },
    async (request) => ({
      data: toAccountData(await getAccount(deps, request.principal.key.accountId)),
    }),
  )

  scope.get(
    '/accounts',
    {
      config,
      schema: {
        operationId: 'ListAccounts',
        tags: ['account'],
        summary: 'List the account of the key, for older clients',
        querystring: Type.Object(paging, closed),
        response: responses(ref(AccountListResponse)),
      },
    },
    async (request) => ({
      data: [toAccountData(await getAccount(deps, request.principal.key.accountId))],
      _metadata: pagingMetadata(request, null),
    }),
  )

  scope.get(
    '/accounts/:account_id/projects',
    {
      config,
      schema: {
        operationId: 'ListProjects',
        tags: ['project'],
        summary: 'List the project of an account',
        params: Type.Object({ account_id: Type.String() }),
        querystring: Type.Object({ ...paging, name: Type.Optional(Type.String()) }, closed),
        response: responses(ref(ProjectListResponse), { errors: [404] }),
      },
    },
    async (request) => {
      const account = await getAccount(deps, request.params.account_id)
      const isAskedFor = (request.query.name ?? projectName) === projectName
      return {
        data: isAskedFor ? [toProjectData(account)] : [],
        _metadata: pagingMetadata(request, null),
      }
    },
  )
}

function toAccountData(account: Account): Static<typeof AccountData> {
  const createdOn = account.createdAt.toISOString()
  return {
    spec: { name: account.name },
    info: {
      id: account.id,
      owner_id: account.id,
      // A role that the client's strict enums could not read would keep it from every command.
      roles: [],
      projects: [toProjectData(account)],
      metadata: { created_on: createdOn, updated_on: createdOn },
    },
  }
}

function toProjectData({ projectId: id }: Account): Static<typeof ProjectData> {
  return {
    id,
    name: projectName,
    spec: { name: projectName },
    info: { id },
    metadata: null,
  }
}
