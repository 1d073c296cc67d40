import { CreateAccountBody } from './accounts/create.ts'
import { AccountPage } from './accounts/list.ts'
import { RenameAccountBody } from './accounts/rename.ts'
import { CreateAllowListBody } from './allow-lists/create.ts'
import { AllowListPage } from './allow-lists/list.ts'
import { ChangedAllowList, UpdateAllowListBody } from './allow-lists/update.ts'
import { BulkFilterBody, BulkRevocation, RevokeInBulkBody } from './api-keys/bulk-revocation.ts'
import {
  ExplainBody,
  ExplanationAnswer,
  ExplanationBody,
  ExplanationCheck,
  ExplanationMatch,
} from './api-keys/explain.ts'
import { IssueApiKeyBody, IssuedApiKey } from './api-keys/issue.ts'
import { KeyActBody } from './api-keys/key-act.ts'
import { ApiKeyPage } from './api-keys/list.ts'
import { HygieneAnswer, HygieneFindingBody, HygieneReportBody } from './api-keys/report.ts'
import { RotateApiKeyBody, RotatedApiKey } from './api-keys/rotation.ts'
import { UpdateApiKeyBody } from './api-keys/update.ts'
import {
  AuditEventBody,
  AuditKeySetBody,
  AuditResourceBody,
  AuditSnapshotBody,
} from './audit-events/audit-event.ts'
import { AuditEventPage } from './audit-events/list.ts'
import { AuditEventKeyPage } from './audit-events/list-keys.ts'
import { InstanceBody, InstanceList } from './freshness/list-instances.ts'
import { InviteBody } from './invitations/invite.ts'
import { InvitationPage } from './invitations/list.ts'
import { Me } from './me/get.ts'
import { OwnAccount, OwnAccountList } from './me/list-accounts.ts'
import { PermissionBody, PermissionList } from './permissions/list.ts'
import { RolePage } from './roles/list.ts'
import { ChangedRole } from './roles/replace.ts'
import { SessionList } from './sessions/list.ts'
import { EndedSessionAnswer, SessionBody } from './sessions/session-body.ts'
import { AccountAnswer, AccountBody } from './shapes/account.ts'
import { ActorBody } from './shapes/actor.ts'
import { AllowListAnswer, AllowListBody } from './shapes/allow-list.ts'
import { ApiKeyAnswer, ApiKeyBody, ChangedApiKey } from './shapes/api-key.ts'
import { AttemptBody } from './shapes/attempt.ts'
import { InvitationAnswer, InvitationBody, SentInvitationAnswer } from './shapes/invitation.ts'
import { ProgressBody, ReceiptAnswer, ReceiptBody } from './shapes/receipt.ts'
import { DefineRoleBody, RoleAnswer, RoleBody, RoleRefBody } from './shapes/role.ts'
import { ChangedUser, UserAnswer, UserBody } from './shapes/user.ts'
import { VerdictBody, VerifiedKeyBody } from './shapes/verdict.ts'
import { AddUserBody } from './users/add.ts'
import { ChangeUserBody } from './users/change-role.ts'
import { UserPage } from './users/list.ts'
import { RemovedUser, RemoveUserBody } from './users/remove.ts'
import { AttemptListBody, VerdictList } from './verify/verify-batch.ts'

/** Every schema that an operation refers to by name, in the order of the OpenAPI document. */
export const nativeComponents = [
  AccountBody,
  RoleRefBody,
  RoleBody,
  PermissionBody,
  AllowListBody,
  ActorBody,
  UserBody,
  ApiKeyBody,
  VerifiedKeyBody,
  VerdictBody,
  AttemptBody,
  AttemptListBody,
  VerdictList,
  IssueApiKeyBody,
  UpdateApiKeyBody,
  RotateApiKeyBody,
  KeyActBody,
  BulkFilterBody,
  RevokeInBulkBody,
  CreateAccountBody,
  RenameAccountBody,
  DefineRoleBody,
  CreateAllowListBody,
  UpdateAllowListBody,
  AccountAnswer,
  AccountPage,
  ApiKeyAnswer,
  IssuedApiKey,
  ApiKeyPage,
  AllowListAnswer,
  AllowListPage,
  RoleAnswer,
  RolePage,
  PermissionList,
  Me,
  OwnAccount,
  OwnAccountList,
  ProgressBody,
  ReceiptBody,
  ChangedApiKey,
  RotatedApiKey,
  BulkRevocation,
  HygieneFindingBody,
  HygieneReportBody,
  HygieneAnswer,
  ChangedRole,
  ChangedAllowList,
  ReceiptAnswer,
  InstanceBody,
  InstanceList,
  ExplainBody,
  ExplanationCheck,
  ExplanationMatch,
  ExplanationBody,
  ExplanationAnswer,
  AuditResourceBody,
  AuditKeySetBody,
  AuditSnapshotBody,
  AuditEventBody,
  AuditEventPage,
  AuditEventKeyPage,
  SessionBody,
  SessionList,
  EndedSessionAnswer,
  AddUserBody,
  ChangeUserBody,
  RemoveUserBody,
  UserAnswer,
  UserPage,
  ChangedUser,
  RemovedUser,
  InvitationBody,
  InviteBody,
  InvitationAnswer,
  SentInvitationAnswer,
  InvitationPage,
]
