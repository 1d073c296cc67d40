package main

import (
	"encoding/json"
	"strings"

	ybmclient "example.com/aeon/sdk"
)

// meetErrors reads errors as the clients do: by value, and the detail out of the body.
func (s *story) meetErrors() {
	_, err := s.client.NetworkApi.
		DeleteNetworkAllowList(s.ctx, s.accountId, s.projectId, s.listIds[0]).Execute()
	expect(strings.Contains(detailOf(err), "uses this allow list"), "a list in use stays", err)
	_, err = s.client.RoleApi.DeleteRole(s.ctx, s.accountId, s.roleId).Execute()
	expect(strings.Contains(detailOf(err), "has this role"), "a role in use stays", err)
	again := ybmclient.NewApiKeySpec("deploy", int32(1))
	_, _, err = s.client.AuthApi.CreateApiKey(s.ctx, s.accountId).ApiKeySpec(*again).Execute()
	expect(strings.HasPrefix(detailOf(err), "name: "), "a name is used once", err)
}

func detailOf(err error) string {
	apiError, isApiError := err.(ybmclient.GenericOpenAPIError)
	expect(isApiError, "the call fails", err)
	var body ybmclient.ApiError
	must(json.Unmarshal(apiError.Body(), &body), "read an error")
	return body.Error.GetDetail()
}

func (s *story) endEverything() {
	newKey := newClient(s.jwt)
	_, _, err := newKey.AccountApi.GetCurrentAccount(s.ctx).Execute()
	must(err, "use the token of a key")
	for _, id := range s.keyIds {
		_, err := s.client.AuthApi.RevokeApiKey(s.ctx, s.accountId, id).Execute()
		must(err, "revoke a key")
		read, _, err := s.client.AuthApi.GetApiKey(s.ctx, s.accountId, id).Execute()
		must(err, "get a revoked key")
		expect(read.Data.Info.Status == ybmclient.APIKEYSTATUSENUM_REVOKED, "the key is revoked")
		expect(read.Data.Info.RevokedByApiKeyName.Get() != nil, "by a key that is named")
	}
	_, _, err = newKey.AccountApi.GetCurrentAccount(s.ctx).Execute()
	expect(detailOf(err) == "Invalid JWT", "a revoked key ends", err)
	for _, id := range s.listIds {
		_, err := s.client.NetworkApi.
			DeleteNetworkAllowList(s.ctx, s.accountId, s.projectId, id).Execute()
		must(err, "delete a list")
	}
	expect(len(s.allLists(100)) == 0, "every list is deleted")
	_, err = s.client.RoleApi.DeleteRole(s.ctx, s.accountId, s.roleId).Execute()
	must(err, "delete a role")
	active, _, err := s.client.AuthApi.ListApiKeys(s.ctx, s.accountId).
		Status([]string{"ACTIVE"}).Execute()
	must(err, "list active keys")
	expect(len(active.Data) == 1, "the key of the caller is left", len(active.Data))
}
