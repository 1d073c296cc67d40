import { Type } from 'typebox'
import { maxAddressLength, maxEntriesPerAllowList } from '../../../domain/limits.ts'
import { documentedAs } from '../../documented-as.ts'
import { expected, expectedEntry } from '../../expected-value.ts'
import { closed, ref } from '../../schema-tools.ts'
import { description, name, textOrNull } from './fields.ts'
import { ApiKeyBasicInfo } from './role.ts'

const uuid = (description: string) => Type.String({ format: 'uuid', description })

const entry = Type.String({ maxLength: maxAddressLength, ...expected(expectedEntry) })

const properties = {
  name,
  description,
  allow_list: Type.Array(entry, {
    minItems: 1,
    maxItems: maxEntriesPerAllowList,
    description: 'Addresses and CIDR ranges, stored exactly as given.',
  }),
}

const about = {
  description: 'What a caller sets of an allow list.',
  example: {
    name: 'office',
    description: 'Berlin',
    allow_list: ['203.0.113.7', '198.51.100.0/24'],
  },
  ...closed,
}

/**
 * The request that creates a list, and a part of the answers. The document requires the
 * description, which the clients always send; the service takes a list without one.
 */
export const NetworkAllowListSpec = documentedAs(
  Type.Object(properties, { $id: 'NetworkAllowListSpec', ...about }),
  { type: 'object', properties, required: Object.keys(properties), ...about },
)

export const NetworkAllowListClusterInfo = Type.Object(
  { id: uuid('Id of the cluster.'), name: Type.String({ description: 'Name of the cluster.' }) },
  {
    $id: 'NetworkAllowListClusterInfo',
    description: 'A cluster that uses an allow list. The service has no clusters.',
  },
)

export const NetworkAllowListInfo = Type.Object(
  {
    id: uuid('Id of the allow list.'),
    project_id: uuid('Id of the project of the allow list.'),
    cluster_ids: Type.Array(Type.String({ format: 'uuid' }), {
      maxItems: 0,
      description: 'Always empty: the service has no clusters.',
    }),
    cluster_list: Type.Array(ref(NetworkAllowListClusterInfo), {
      maxItems: 0,
      description: 'Always empty: the service has no clusters.',
    }),
    peering_id: Type.Optional(textOrNull({ description: 'Always null.' })),
    api_key_list: Type.Optional(
      Type.Unsafe<{ name: string; status: 'ACTIVE' }[] | null>({
        type: 'array',
        nullable: true,
        items: ref(ApiKeyBasicInfo),
        description: 'The active keys that use the list, the newest first.',
      }),
    ),
  },
  { $id: 'NetworkAllowListInfo', description: 'What the service sets of an allow list.' },
)

export const NetworkAllowListData = Type.Object(
  { spec: ref(NetworkAllowListSpec), info: ref(NetworkAllowListInfo) },
  { $id: 'NetworkAllowListData', description: 'An allow list.' },
)

export const NetworkAllowListResponse = Type.Object(
  { data: ref(NetworkAllowListData) },
  { $id: 'NetworkAllowListResponse', description: 'One allow list.' },
)
