package main

import (
	"context"
	"net/http"

	ybmclient "example.com/aeon/sdk"
)

// Of the operations on accounts, the mocks of the clients have these ones and more: one more in the
// interface, or another name of an answer, and they do not compile.
type accountMock struct{}

func (*accountMock) GetCurrentAccount(context.Context) ybmclient.ApiGetCurrentAccountRequest {
	return ybmclient.ApiGetCurrentAccountRequest{}
}

func (*accountMock) GetCurrentAccountExecute(
	ybmclient.ApiGetCurrentAccountRequest,
) (ybmclient.AccountResponse, *http.Response, error) {
	return ybmclient.AccountResponse{}, nil, nil
}

func (*accountMock) InviteAccountUser(context.Context, string) ybmclient.ApiInviteAccountUserRequest {
	return ybmclient.ApiInviteAccountUserRequest{}
}

func (*accountMock) InviteAccountUserExecute(
	ybmclient.ApiInviteAccountUserRequest,
) (ybmclient.InviteUserResponse, *http.Response, error) {
	return ybmclient.InviteUserResponse{}, nil, nil
}

func (*accountMock) BatchInviteAccountUsers(context.Context, string) ybmclient.ApiBatchInviteAccountUsersRequest {
	return ybmclient.ApiBatchInviteAccountUsersRequest{}
}

func (*accountMock) BatchInviteAccountUsersExecute(
	ybmclient.ApiBatchInviteAccountUsersRequest,
) (ybmclient.BatchInviteUserResponse, *http.Response, error) {
	return ybmclient.BatchInviteUserResponse{}, nil, nil
}

func (*accountMock) ListAccountUsers(context.Context, string) ybmclient.ApiListAccountUsersRequest {
	return ybmclient.ApiListAccountUsersRequest{}
}

func (*accountMock) ListAccountUsersExecute(
	ybmclient.ApiListAccountUsersRequest,
) (ybmclient.UserListWithRoleResponse, *http.Response, error) {
	return ybmclient.UserListWithRoleResponse{}, nil, nil
}

func (*accountMock) ModifyUserRole(context.Context, string, string) ybmclient.ApiModifyUserRoleRequest {
	return ybmclient.ApiModifyUserRoleRequest{}
}

func (*accountMock) ModifyUserRoleExecute(ybmclient.ApiModifyUserRoleRequest) (*http.Response, error) {
	return nil, nil
}

func (*accountMock) RemoveAccountUser(context.Context, string, string) ybmclient.ApiRemoveAccountUserRequest {
	return ybmclient.ApiRemoveAccountUserRequest{}
}

func (*accountMock) RemoveAccountUserExecute(ybmclient.ApiRemoveAccountUserRequest) (*http.Response, error) {
	return nil, nil
}
