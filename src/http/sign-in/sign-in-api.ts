import type { ConsoleSettings } from '../api-settings.ts'
import type { App } from '../app-type.ts'
import type { Deps } from '../deps.ts'
import { type CallbackSettings, callbackRoute } from './callback.ts'
import { listProvidersRoute } from './list-providers.ts'
import { startRoute } from './start.ts'

/**
 * Sign-in by OpenID Connect. The OpenAPI document does not describe these routes: they serve
 * browsers only (docs/decisions/0037-sessions-of-the-console.md).
 */
export function signInApi(app: App, deps: Deps, settings: ConsoleSettings): void {
  listProvidersRoute(app, deps)
  startRoute(app, deps, settings)
}

/** Apart: the callback ignores parameters that it does not know. */
export function signInCallback(app: App, deps: Deps, settings: CallbackSettings): void {
  callbackRoute(app, deps, settings)
}
