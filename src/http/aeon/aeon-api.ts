import type { ConsoleSettings } from '../api-settings.ts'
import type { App } from '../app-type.ts'
import type { WriteError } from '../current-only.ts'
import type { ControlPlaneDeps } from '../deps.ts'
import { createValidatorCompiler } from '../validation.ts'
import { getCurrentAccountRoute } from './accounts/get-current.ts'
import { listAccountsRoute } from './accounts/list.ts'
import { listProjectsRoute } from './accounts/list-projects.ts'
import { pingRoute } from './accounts/ping.ts'
import { createAllowListRoute } from './allow-lists/create.ts'
import { deleteAllowListRoute } from './allow-lists/delete.ts'
import { getAllowListRoute } from './allow-lists/get.ts'
import { listAllowListsRoute } from './allow-lists/list.ts'
import { createApiKeyRoute } from './api-keys/create.ts'
import { getApiKeyRoute } from './api-keys/get.ts'
import { listApiKeysRoute } from './api-keys/list.ts'
import { revokeApiKeyRoute } from './api-keys/revoke.ts'
import { bodies, components } from './components.ts'
import { aeonDocumentRoute, describeAeonRoutes } from './document.ts'
import { aeonPrefix, answerAeonErrors, writeAeonError } from './errors.ts'
import { listPermissionsRoutes } from './permissions/list.ts'
import { createRoleRoute } from './roles/create.ts'
import { deleteRoleRoute } from './roles/delete.ts'
import { getRoleRoute } from './roles/get.ts'
import { listRolesRoute } from './roles/list.ts'
import { updateRoleRoute } from './roles/update.ts'
import { inviteUserRoutes } from './users/invite.ts'
import { listUsersRoute } from './users/list.ts'
import { modifyUserRoleRoute } from './users/modify-role.ts'
import { removeUserRoute } from './users/remove.ts'

/**
 * The public API of YugabyteDB Aeon for API keys and users, as `ybm` and Aeon's Terraform provider
 * call it, over the same use cases as the native API. All names of Aeon are in this folder. `guard`
 * authenticates the scope as it does that of the native API.
 */
export async function aeonApi(
  app: App,
  deps: ControlPlaneDeps,
  guard: (scope: App, writeError: WriteError) => void,
  console: ConsoleSettings | undefined,
): Promise<void> {
  await app.register(
    async (scope: App) => {
      for (const component of components) scope.addSchema(component)
      // People call this API, not gateways: compiled serializers would cost more than they save.
      scope.setSerializerCompiler(() => JSON.stringify)
      scope.setValidatorCompiler(createValidatorCompiler(bodies))
      answerAeonErrors(scope)
      await describeAeonRoutes(scope)
      guard(scope, writeAeonError)
      registerOperations(scope, deps, console)
      aeonDocumentRoute(app, scope)
    },
    { prefix: aeonPrefix },
  )
}

/** Every operation of the Aeon API. No client updates a key or an allow list. */
function registerOperations(
  scope: App,
  deps: ControlPlaneDeps,
  console: ConsoleSettings | undefined,
): void {
  pingRoute(scope, deps)
  getCurrentAccountRoute(scope, deps)
  listAccountsRoute(scope, deps)
  listProjectsRoute(scope, deps)

  listApiKeysRoute(scope, deps)
  createApiKeyRoute(scope, deps)
  getApiKeyRoute(scope, deps)
  revokeApiKeyRoute(scope, deps)

  listAllowListsRoute(scope, deps)
  createAllowListRoute(scope, deps)
  getAllowListRoute(scope, deps)
  deleteAllowListRoute(scope, deps)

  listRolesRoute(scope, deps)
  createRoleRoute(scope, deps)
  getRoleRoute(scope, deps)
  updateRoleRoute(scope, deps)
  deleteRoleRoute(scope, deps)

  listPermissionsRoutes(scope, deps)

  listUsersRoute(scope, deps)
  inviteUserRoutes(scope, deps, console)
  modifyUserRoleRoute(scope, deps)
  removeUserRoute(scope, deps)
}
