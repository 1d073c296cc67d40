package main

import ybmclient "example.com/aeon/sdk"

// The interfaces that the clients mock.
var (
	_ ybmclient.AccountApi = (*accountMock)(nil)
	_ ybmclient.AuthApi    = (*ybmclient.AuthApiService)(nil)
	_ ybmclient.NetworkApi = (*ybmclient.NetworkApiService)(nil)
	_ ybmclient.RoleApi    = (*ybmclient.RoleApiService)(nil)
)

func (s *story) findAccount() {
	_, _, err := s.client.HealthCheckApi.GetPing(s.ctx).Execute()
	must(err, "ping")
	account, _, err := s.client.AccountApi.GetCurrentAccount(s.ctx).Execute()
	must(err, "account")
	s.accountId = account.Data.Info.Id
	projects := account.Data.Info.GetProjects()
	expect(len(projects) == 1, "the account has one project", len(projects))
	s.projectId = projects[0].Info.Id

	var info ybmclient.AccountInfo = account.Data.Info
	expect(info.Metadata.Get() != nil, "the account has times")
	listed, _, err := s.client.ProjectApi.ListProjects(s.ctx, s.accountId).Execute()
	must(err, "projects")
	expect(listed.Data[0].Id == s.projectId, "the project is listed")
	accounts, _, err := s.client.AccountListApi.ListAccounts(s.ctx).Execute()
	must(err, "accounts")
	expect(len(accounts.Data) == 1, "older clients find the account")
}

// readPermissions reads the catalogue, whose strict enums must know every value.
func (s *story) readPermissions() {
	catalogue, _, err := s.client.AuthApi.ListResourcePermissions(s.ctx).Execute()
	must(err, "permissions")
	sensitive := 0
	for _, entry := range catalogue.Data {
		expect(entry.Info.GetResourceName() != "", "a type has a name", entry.Info.ResourceType)
		for _, group := range entry.Info.OperationGroups {
			expect(group.GetOperationGroupDescription() != "", "a group has a description")
			if tags := group.GetTags(); len(tags) > 0 && tags[0] == "SENSITIVE" {
				sensitive++
			}
		}
	}
	expect(sensitive > 0, "some permissions are sensitive")
}
