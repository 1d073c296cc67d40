import { type Static, Type } from 'typebox'
import type { Account } from '../../../domain/account.ts'
import { ref } from '../../schema-tools.ts'
import { EntityMetadata } from './entity-metadata.ts'
import { RoleData } from './role.ts'

/** The name that Aeon gives to the first project of an account. An account here has one project. */
export const projectName = 'default'

const id = Type.String({ format: 'uuid' })

export const ProjectData = Type.Object(
  {
    id,
    name: Type.String(),
    spec: Type.Object({ name: Type.String() }),
    info: Type.Object({ id }),
    metadata: Type.Unsafe<null>({ type: 'null' }),
  },
  { $id: 'ProjectData' },
)

export const AccountData = Type.Object(
  {
    spec: Type.Object({ name: Type.String() }),
    info: Type.Object({
      id,
      owner_id: Type.String({
        format: 'uuid',
        description: 'Id of the account: the service has no users.',
      }),
      roles: Type.Array(ref(RoleData), { maxItems: 0 }),
      projects: Type.Array(ref(ProjectData), { minItems: 1, maxItems: 1 }),
      metadata: ref(EntityMetadata),
    }),
  },
  { $id: 'AccountData' },
)

/** The path of an account, and of what belongs to it as a whole. */
export const accountParams = Type.Object({ account_id: Type.String() })

export function toAccountData(account: Account): Static<typeof AccountData> {
  const createdOn = account.createdAt.toISOString()
  return {
    spec: { name: account.name },
    info: {
      id: account.id,
      owner_id: account.id,
      // The client's enums are strict: one unknown role would make every command fail.
      roles: [],
      projects: [toProjectData(account)],
      metadata: { created_on: createdOn, updated_on: createdOn },
    },
  }
}

export function toProjectData({ projectId: id }: Account): Static<typeof ProjectData> {
  return {
    id,
    name: projectName,
    spec: { name: projectName },
    info: { id },
    metadata: null,
  }
}
