import type { ApiSettings } from '../api-settings.ts'
import type { App } from '../app-type.ts'
import type { ControlPlaneDeps, VerdictDeps } from '../deps.ts'
import { createAccountRoute } from './accounts/create.ts'
import { exportAccountsRoute } from './accounts/export.ts'
import { getAccountRoute } from './accounts/get.ts'
import { listAccountsRoute } from './accounts/list.ts'
import { renameAccountRoute } from './accounts/rename.ts'
import { createAllowListRoute } from './allow-lists/create.ts'
import { deleteAllowListRoute } from './allow-lists/delete.ts'
import { exportAllowListsRoute } from './allow-lists/export.ts'
import { getAllowListRoute } from './allow-lists/get.ts'
import { listAllowListsRoute } from './allow-lists/list.ts'
import { updateAllowListRoute } from './allow-lists/update.ts'
import { disableApiKeyRoute } from './api-keys/disable.ts'
import { enableApiKeyRoute } from './api-keys/enable.ts'
import { explainApiKeyRoute } from './api-keys/explain.ts'
import { exportApiKeysRoute } from './api-keys/export.ts'
import { findApiKeyRoute } from './api-keys/find.ts'
import { getApiKeyRoute } from './api-keys/get.ts'
import { issueApiKeyRoute } from './api-keys/issue.ts'
import { listApiKeysRoute } from './api-keys/list.ts'
import { reportApiKeysRoute } from './api-keys/report.ts'
import { revokeApiKeyRoute } from './api-keys/revoke.ts'
import { revokeApiKeysRoute } from './api-keys/revoke-many.ts'
import { revokeApiKeysEverywhereRoute } from './api-keys/revoke-many-everywhere.ts'
import { rotateApiKeyRoute } from './api-keys/rotate.ts'
import { updateApiKeyRoute } from './api-keys/update.ts'
import { exportAuditEventsRoute } from './audit-events/export.ts'
import { listAuditEventsRoute } from './audit-events/list.ts'
import { listAuditEventKeysRoute } from './audit-events/list-keys.ts'
import { getReceiptRoute } from './freshness/get-receipt.ts'
import { listInstancesRoute } from './freshness/list-instances.ts'
import { getInvitationRoute } from './invitations/get.ts'
import { inviteRoute } from './invitations/invite.ts'
import { listInvitationsRoute } from './invitations/list.ts'
import { resendInvitationRoute } from './invitations/resend.ts'
import { withdrawInvitationRoute } from './invitations/withdraw.ts'
import { getMeRoute } from './me/get.ts'
import { listOwnAccountsRoute } from './me/list-accounts.ts'
import { rotateMeRoute } from './me/rotate.ts'
import { listPermissionsRoute } from './permissions/list.ts'
import { createRoleRoute } from './roles/create.ts'
import { deleteRoleRoute } from './roles/delete.ts'
import { exportRolesRoute } from './roles/export.ts'
import { getRoleRoute } from './roles/get.ts'
import { listRolesRoute } from './roles/list.ts'
import { replaceRoleRoute } from './roles/replace.ts'
import { endSessionRoute } from './sessions/end.ts'
import { listSessionsRoute } from './sessions/list.ts'
import { refuseContradictingWaits } from './shapes/wait.ts'
import { addUserRoute } from './users/add.ts'
import { changeUserRoute } from './users/change-role.ts'
import { exportUsersRoute } from './users/export.ts'
import { getUserRoute } from './users/get.ts'
import { listUsersRoute } from './users/list.ts'
import { removeUserRoute } from './users/remove.ts'
import { verifyTokenRoute } from './verify/verify.ts'
import { verifyTokensRoute } from './verify/verify-batch.ts'

/** The operations of services that receive tokens. They take a token, and never a cookie. */
export function verificationApi(scope: App, deps: VerdictDeps): void {
  verifyTokenRoute(scope, deps)
  verifyTokensRoute(scope, deps)
}

/** Every other operation of the native API, in the order of the OpenAPI document. */
export function nativeApi(
  scope: App,
  deps: ControlPlaneDeps,
  { console }: Pick<ApiSettings, 'console'>,
): void {
  refuseContradictingWaits(scope)

  getMeRoute(scope, deps)

  issueApiKeyRoute(scope, deps)
  listApiKeysRoute(scope, deps)
  exportApiKeysRoute(scope, deps)
  getApiKeyRoute(scope, deps)
  findApiKeyRoute(scope, deps)
  revokeApiKeyRoute(scope, deps)
  disableApiKeyRoute(scope, deps)
  enableApiKeyRoute(scope, deps)
  updateApiKeyRoute(scope, deps)
  explainApiKeyRoute(scope, deps)
  rotateApiKeyRoute(scope, deps)
  rotateMeRoute(scope, deps)
  listSessionsRoute(scope, deps)
  endSessionRoute(scope, deps)
  revokeApiKeysRoute(scope, deps)
  revokeApiKeysEverywhereRoute(scope, deps)
  reportApiKeysRoute(scope, deps)

  listAllowListsRoute(scope, deps)
  exportAllowListsRoute(scope, deps)
  createAllowListRoute(scope, deps)
  getAllowListRoute(scope, deps)
  updateAllowListRoute(scope, deps)
  deleteAllowListRoute(scope, deps)

  listRolesRoute(scope, deps)
  exportRolesRoute(scope, deps)
  createRoleRoute(scope, deps)
  getRoleRoute(scope, deps)
  replaceRoleRoute(scope, deps)
  deleteRoleRoute(scope, deps)
  listPermissionsRoute(scope, deps)

  listOwnAccountsRoute(scope, deps)
  listUsersRoute(scope, deps)
  exportUsersRoute(scope, deps)
  addUserRoute(scope, deps)
  getUserRoute(scope, deps)
  changeUserRoute(scope, deps)
  removeUserRoute(scope, deps)

  listInvitationsRoute(scope, deps)
  inviteRoute(scope, deps, console)
  getInvitationRoute(scope, deps)
  resendInvitationRoute(scope, deps, console)
  withdrawInvitationRoute(scope, deps)

  createAccountRoute(scope, deps)
  listAccountsRoute(scope, deps)
  exportAccountsRoute(scope, deps)
  getAccountRoute(scope, deps)
  renameAccountRoute(scope, deps)

  listInstancesRoute(scope, deps)
  getReceiptRoute(scope, deps)

  listAuditEventsRoute(scope, deps)
  exportAuditEventsRoute(scope, deps)
  listAuditEventKeysRoute(scope, deps)
}
