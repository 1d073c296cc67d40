import { type Static, Type } from 'typebox'
import type { Account } from '../../../domain/account.ts'
import { ref } from '../../schema-tools.ts'
import { EntityMetadata } from './entity-metadata.ts'
import { pathId } from './fields.ts'
import { RoleData } from './role.ts'

/** The name that Aeon gives to the first project of an account. An account here has one project. */
export const projectName = 'default'

const uuid = (description: string) => Type.String({ format: 'uuid', description })

export const ProjectData = Type.Object(
  {
    id: uuid('Id of the project.'),
    name: Type.String({ description: 'Name of the project.' }),
    spec: Type.Object(
      { name: Type.String({ description: 'Name of the project.' }) },
      { description: 'What a caller sets of a project.' },
    ),
    info: Type.Object(
      { id: uuid('Id of the project.') },
      { description: 'What the service sets of a project.' },
    ),
    metadata: Type.Unsafe<null>({ type: 'object', nullable: true, description: 'Always null.' }),
  },
  { $id: 'ProjectData', description: 'The project of an account.' },
)

export const AccountInfo = Type.Object(
  {
    id: uuid('Id of the account.'),
    owner_id: uuid('Id of the account: no user owns it.'),
    roles: Type.Array(ref(RoleData), { maxItems: 0, description: 'Always empty.' }),
    projects: Type.Array(ref(ProjectData), {
      minItems: 1,
      maxItems: 1,
      description: 'The project of the account.',
    }),
    metadata: ref(EntityMetadata),
  },
  { $id: 'AccountInfo', description: 'What the service sets of an account.' },
)

export const AccountData = Type.Object(
  {
    spec: Type.Object(
      { name: Type.String({ description: 'Name of the account.' }) },
      { description: 'What a caller sets of an account.' },
    ),
    info: ref(AccountInfo),
  },
  { $id: 'AccountData', description: 'An account.' },
)

/** The path of an account, and of what belongs to it as a whole. */
export const accountParams = Type.Object({ account_id: pathId('Id of the account.') })

export function toAccountData(account: Account, changedAt: Date): Static<typeof AccountData> {
  return {
    spec: { name: account.name },
    info: {
      id: account.id,
      owner_id: account.id,
      // The client's enums are strict: one unknown role would make every command fail.
      roles: [],
      projects: [toProjectData(account)],
      metadata: {
        created_on: account.createdAt.toISOString(),
        updated_on: changedAt.toISOString(),
      },
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
