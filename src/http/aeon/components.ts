import {
  ApiKeySpecRequest,
  NetworkAllowListSpecRequest,
  RolePermissionSpec,
  RoleSpecRequest,
} from './bodies.ts'
import { ApiError } from './errors.ts'
import { PagingMetadata } from './paging.ts'
import {
  ApiKeyBasicInfo,
  EntityMetadata,
  ResourcePermission,
  ResourcePermissionData,
  ResourcePermissionsResponse,
  RoleData,
  RoleListResponse,
  RoleResponse,
} from './role-schemas.ts'
import {
  AccountData,
  AccountListResponse,
  AccountResponse,
  ApiKeyData,
  ApiKeyListResponse,
  ApiKeyResponse,
  CreateApiKeyResponse,
  NetworkAllowListData,
  NetworkAllowListListResponse,
  NetworkAllowListResponse,
  PingResponse,
  ProjectData,
  ProjectListResponse,
} from './schemas.ts'

/** What the clients send. */
export const bodies = [
  ApiKeySpecRequest,
  NetworkAllowListSpecRequest,
  RolePermissionSpec,
  RoleSpecRequest,
]

/** Every component that routes of this face refer to by name. */
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
