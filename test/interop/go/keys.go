package main

import ybmclient "example.com/aeon/sdk"

func (s *story) createKeys() {
	spec := ybmclient.NewApiKeySpec("deploy", int32(720))
	spec.SetDescription("of the story")
	spec.SetRoleId(s.roleId)
	spec.SetAllowListInfo([]string{s.listIds[0]})
	made := s.createKey(spec)
	expect(len(*made.Data.Spec.AllowListInfo) == 1, "the key uses a list")
	expect(made.Data.Info.Metadata.Get().GetCreatedOn() != "", "the key has times")
	expect(made.Data.Info.RevokedAtTime.Get() == nil, "the key is not revoked")
	expect(made.Data.Info.Role.Info.GetDisplayName() == "Operators", "the key has its role")

	// The Terraform provider always sends a list, and dereferences the one of the answer.
	unlimited := ybmclient.NewApiKeySpec("unlimited", int32(0))
	unlimited.SetRoleId(s.roleId)
	unlimited.SetAllowListInfo([]string{})
	free := s.createKey(unlimited)
	expect(len(*free.Data.Spec.AllowListInfo) == 0, "the key uses no list")
	expect(free.Data.Info.ExpiryTime == "2099-12-31T00:00Z", "the key never expires")
	s.jwt = *free.Jwt

	read, _, err := s.client.AuthApi.GetApiKey(s.ctx, s.accountId, s.keyIds[1]).Execute()
	must(err, "get a key")
	expect(read.Data.Info.Status == ybmclient.APIKEYSTATUSENUM_ACTIVE, "the key is active")
	expect(read.Data.Info.LastUsedTime == "Not yet used", "the key is new")

	lists, _, err := s.client.NetworkApi.ListNetworkAllowLists(s.ctx, s.accountId, s.projectId).
		ApiKeyIds([]string{s.keyIds[0], s.keyIds[1]}).Execute()
	must(err, "list the lists of keys")
	expect(len(lists.Data) == 1 && lists.Data[0].Info.Id == s.listIds[0], "the lists of keys")
}

func (s *story) createKey(spec *ybmclient.ApiKeySpec) ybmclient.CreateApiKeyResponse {
	made, _, err := s.client.AuthApi.CreateApiKey(s.ctx, s.accountId).ApiKeySpec(*spec).Execute()
	must(err, "create a key")
	expect(*made.Jwt != "", "the key has a token")
	s.keyIds = append(s.keyIds, made.Data.Info.Id)
	return made
}

func (s *story) listKeys() {
	found, _, err := s.client.AuthApi.ListApiKeys(s.ctx, s.accountId).
		ApiKeyName("deploy").Status([]string{"ACTIVE", "EXPIRED"}).Execute()
	must(err, "find a key")
	expect(len(found.Data) == 1 && found.Data[0].Info.Id == s.keyIds[0], "a key is found by name")

	names := map[string]bool{}
	token := ""
	for pages := 0; pages == 0 || token != ""; pages++ {
		request := s.client.AuthApi.ListApiKeys(s.ctx, s.accountId).Limit(1)
		if token != "" {
			request = request.ContinuationToken(token)
		}
		page, _, err := request.Execute()
		must(err, "list keys")
		names[page.Data[0].Spec.Name] = true
		token = ""
		if next := page.Metadata.ContinuationToken.Get(); next != nil {
			token = *next
		}
	}
	expect(names["deploy"] && names["unlimited"] && len(names) == 3, "all keys are listed", names)
}
