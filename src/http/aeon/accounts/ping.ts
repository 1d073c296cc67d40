import { Type } from 'typebox'
import packageJson from '../../../../package.json' with { type: 'json' }
import type { App } from '../../app-type.ts'
import type { ControlPlaneDeps } from '../../deps.ts'
import { ref } from '../../schema-tools.ts'
import { responses } from '../responses.ts'

export const PingResponse = Type.Object(
  {
    data: Type.Object(
      {
        build_info: Type.Object(
          {
            revision: Type.String({ description: 'Version of the service.' }),
            branch: Type.String({ description: 'Name of the service.' }),
          },
          { description: 'The build of the service.' },
        ),
        runtime_info: Type.Object(
          {
            start_timestamp: Type.String({ description: 'Start of the process.' }),
            alive: Type.Boolean({ description: 'Always true.' }),
          },
          { description: 'The process that answers.' },
        ),
      },
      { description: 'The state of the service.' },
    ),
  },
  { $id: 'PingResponse', description: 'The state of the service.' },
)

export function pingRoute(scope: App, deps: ControlPlaneDeps): void {
  const startedAt = deps.now().toISOString()
  scope.get(
    '/ping',
    {
      config: { access: { permission: null } },
      schema: {
        operationId: 'GetPing',
        tags: ['health-check'],
        summary: 'Check that the service is available and the key is valid',
        description: 'Returns the version of the service and the start of its process.',
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
