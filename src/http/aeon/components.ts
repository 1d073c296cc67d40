import { AccountResponse } from './accounts/get-current.ts'
import { AccountListResponse } from './accounts/list.ts'
import { ProjectListResponse } from './accounts/list-projects.ts'
import { PingResponse } from './accounts/ping.ts'
import { NetworkAllowListListResponse } from './allow-lists/list.ts'
import { CreateApiKeyResponse } from './api-keys/create.ts'
import { ApiKeyResponse } from './api-keys/get.ts'
import { ApiKeyListResponse } from './api-keys/list.ts'
import { ApiError } from './errors.ts'
import { PagingMetadata } from './paging.ts'
import { ResourcePermissionsResponse } from './permissions/list.ts'
import { RoleListResponse } from './roles/list.ts'
import { AccountData, AccountInfo, ProjectData } from './shapes/account.ts'
import {
  NetworkAllowListClusterInfo,
  NetworkAllowListData,
  NetworkAllowListInfo,
  NetworkAllowListResponse,
  NetworkAllowListSpec,
} from './shapes/allow-list-schemas.ts'
import { ApiKeyData, ApiKeySpec } from './shapes/api-key-schemas.ts'
import { EntityMetadata } from './shapes/entity-metadata.ts'
import { BatchInviteUserSpec, InviteUserData, InviteUserSpec } from './shapes/invitation.ts'
import { ApiKeyStatusEnum } from './shapes/key-status.ts'
import {
  ResourceOperationGroup,
  ResourceOperationGroupEnum,
  ResourcePermissionInfo,
  ResourcePermissionsData,
  ResourceTypeEnum,
} from './shapes/permission-schemas.ts'
import { ApiKeyBasicInfo, RoleData, RoleResponse } from './shapes/role.ts'
import { RoleSpec } from './shapes/role-schemas.ts'
import { ModifyUserRoleRequest, UserAccountRoleData, UserData, UserInfo } from './shapes/user.ts'
import { UserSpec, UserSpecWithStateInfo } from './shapes/user-state.ts'
import { BatchInviteUserResponse, InviteUserResponse } from './users/invite.ts'
import { UserListWithRoleResponse } from './users/list.ts'

/** The request bodies and what they refer to. */
export const bodies = [
  ResourceTypeEnum,
  ResourceOperationGroupEnum,
  ResourceOperationGroup,
  ResourcePermissionInfo,
  ApiKeySpec,
  NetworkAllowListSpec,
  RoleSpec,
  ModifyUserRoleRequest,
  InviteUserSpec,
  BatchInviteUserSpec,
]

/** Every schema that a route of the Aeon API refers to by name. */
export const components = [
  ApiError,
  PagingMetadata,
  EntityMetadata,
  ...bodies,
  ResourcePermissionsData,
  ApiKeyStatusEnum,
  ApiKeyBasicInfo,
  UserSpec,
  UserSpecWithStateInfo,
  RoleData,
  UserAccountRoleData,
  UserInfo,
  UserData,
  InviteUserData,
  ProjectData,
  AccountInfo,
  AccountData,
  ApiKeyData,
  NetworkAllowListClusterInfo,
  NetworkAllowListInfo,
  NetworkAllowListData,
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
  UserListWithRoleResponse,
  InviteUserResponse,
  BatchInviteUserResponse,
]
