import { Type } from 'typebox'
import packageJson from '../../../../package.json' with { type: 'json' }
import type { App } from '../../app-type.ts'
import type { Deps } from '../../deps.ts'
import { ref } from '../../schema-tools.ts'
import { responses } from '../responses.ts'

export const PingResponse = Type.Object(
  {
    data: Type.Object({
      build_info: Type.Object({ revision: Type.String(), branch: Type.String() }),
      runtime_info: Type.Object({ start_timestamp: Type.String(), alive: Type.Boolean() }),
    }),
  },
  { $id: 'PingResponse' },
)

export function pingRoute(scope: App, deps: Deps): void {
  const startedAt = deps.now().toISOString()
  scope.get(
    '/ping',
    {
      config: { access: { permission: null } },
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
}
