import { Type } from 'typebox'
import type { App } from '../app-type.ts'
import type { ControlPlaneDeps } from '../deps.ts'

const ProviderList = Type.Object({
  providers: Type.Array(
    Type.Object({ name: Type.String(), label: Type.String(), issuer: Type.String() }),
  ),
})

/** What a page needs that offers to sign in. It says what every visitor of the providers sees. */
export function listProvidersRoute(app: App, { providers }: ControlPlaneDeps): void {
  const list = [...providers.values()].map(({ settings: { name, label, issuer } }) => ({
    name,
    label,
    issuer,
  }))
  app.get(
    '/v1/session/providers',
    { schema: { hide: true, response: { 200: ProviderList } } },
    async () => ({ providers: list }),
  )
}
