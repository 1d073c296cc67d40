import type { App } from '../app-type.ts'
import type { WriteError } from '../current-only.ts'
import type { Deps } from '../deps.ts'
import { createValidatorCompiler } from '../validation.ts'
import { accountRoutes } from './accounts.ts'
import { allowListRoutes } from './allow-lists.ts'
import { apiKeyRoutes } from './api-keys.ts'
import { catalogueRoutes } from './catalogue.ts'
import { bodies, components } from './components.ts'
import { aeonDocumentRoute, describeAeonRoutes } from './document.ts'
import { aeonPrefix, answerAeonErrors, writeAeonError } from './errors.ts'
import { roleRoutes } from './roles.ts'

/**
 * The public API of YugabyteDB Aeon for API keys, as its `ybm` command line and its Terraform provider
 * call it, over the same use cases as the native face. Whatever is Aeon's is in this folder. `guard`
 * lets those in who may call, as on the native face.
 */
export async function aeonApi(
  app: App,
  deps: Deps,
  guard: (scope: App, writeError: WriteError) => void,
): Promise<void> {
  await app.register(
    async (scope: App) => {
      for (const component of components) scope.addSchema(component)
      // People call it, not gateways: compiled serializers would cost every start more than they ever save.
      scope.setSerializerCompiler(() => JSON.stringify)
      scope.setValidatorCompiler(createValidatorCompiler(bodies))
      answerAeonErrors(scope)
      await describeAeonRoutes(scope)
      guard(scope, writeAeonError)
      accountRoutes(scope, deps)
      apiKeyRoutes(scope, deps)
      allowListRoutes(scope, deps)
      roleRoutes(scope, deps)
      catalogueRoutes(scope, deps)
      aeonDocumentRoute(app, scope)
    },
    { prefix: aeonPrefix },
  )
}
