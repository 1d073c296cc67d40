import { AccountResponse } from './accounts/get-current.ts'
import { AccountListResponse } from './accounts/list.ts'
import { ProjectListResponse } from './accounts/list-projects.ts'
import { PingResponse } from './accounts/ping.ts'
import { NetworkAllowListSpecRequest } from './allow-lists/create.ts'
import { NetworkAllowListListResponse } from './allow-lists/list.ts'
import { ApiKeySpecRequest, CreateApiKeyResponse } from './api-keys/create.ts'
import { ApiKeyResponse } from './api-keys/get.ts'
import { ApiKeyListResponse } from './api-keys/list.ts'
import { ApiError } from './errors.ts'
import { PagingMetadata } from './paging.ts'
import { ResourcePermissionsResponse } from './permissions/list.ts'
import { RoleListResponse } from './roles/list.ts'
import { RolePermissionSpec } from './roles/permission-input.ts'
import { RoleSpecRequest } from './roles/role-spec.ts'
import { AccountData, ProjectData } from './shapes/account.ts'
import { NetworkAllowListData, NetworkAllowListResponse } from './shapes/allow-list.ts'
import { ApiKeyData } from './shapes/api-key.ts'
import { EntityMetadata } from './shapes/entity-metadata.ts'
import { ResourcePermission, ResourcePermissionData } from './shapes/permission.ts'
import { ApiKeyBasicInfo, RoleData, RoleResponse } from './shapes/role.ts'

/** The request bodies. */
export const bodies = [
  ApiKeySpecRequest,
  NetworkAllowListSpecRequest,
  RolePermissionSpec,
  RoleSpecRequest,
]

/** Every schema that a route of the Aeon API refers to by name. */
export const components = [
  ApiError,
  PagingMetadata,
  EntityMetadata,
  ResourcePermission,
  ResourcePermissionData,
  ApiKeyBasicInfo,
  RoleData,
  ProjectData,
  AccountData,
  ApiKeyData,
  NetworkAllowListData,
  ...bodies,
  PingResponse,
  AccountResponse,
  AccountListResponse,
  ProjectListResponse,
  ApiKeyResponse,
  CreateApiKeyResponse,
  ApiKeyListResponse,
  NetworkAllowListResponse,
  NetworkAllowListListResponse,
  RoleResponse,
  RoleListResponse,
  ResourcePermissionsResponse,
]
