package main

import ybmclient "example.com/aeon/sdk"

func permissions(groups ...ybmclient.ResourceOperationGroupEnum) []ybmclient.ResourcePermissionInfo {
	operationGroups := []ybmclient.ResourceOperationGroup{}
	for _, group := range groups {
		operationGroups = append(operationGroups, *ybmclient.NewResourceOperationGroup(group))
	}
	return []ybmclient.ResourcePermissionInfo{
		*ybmclient.NewResourcePermissionInfo(ybmclient.RESOURCETYPEENUM_CLUSTER, operationGroups),
	}
}

func (s *story) createRole() {
	spec := ybmclient.NewRoleSpec("Operators", permissions(ybmclient.RESOURCEOPERATIONGROUPENUM_READ))
	spec.SetDescription("of clusters")
	made, _, err := s.client.RoleApi.CreateRole(s.ctx, s.accountId).RoleSpec(*spec).Execute()
	must(err, "create a role")
	s.roleId = made.Data.Info.GetId()
	expect(made.Data.Spec.GetDescription() == "of clusters", "the description is kept")

	// A role that was read is sent back as it is.
	read, _, err := s.client.RoleApi.GetRole(s.ctx, s.accountId, s.roleId).Execute()
	must(err, "get a role")
	read.Data.Spec.Permissions = append(
		read.Data.Spec.Permissions[:0],
		permissions(ybmclient.RESOURCEOPERATIONGROUPENUM_READ, ybmclient.RESOURCEOPERATIONGROUPENUM_UPDATE)...,
	)
	updated, _, err := s.client.RoleApi.UpdateRole(s.ctx, s.accountId, s.roleId).
		RoleSpec(read.Data.Spec).Execute()
	must(err, "update a role")
	expect(len(updated.Data.Spec.Permissions[0].OperationGroups) == 2, "the role is replaced")

	found, _, err := s.client.RoleApi.ListRbacRoles(s.ctx, s.accountId).
		RoleTypes("ALL").Limit(100).DisplayName("Operators").IncludePermissions(true).Execute()
	must(err, "list roles")
	expect(len(found.Data) == 1, "the role is found by its name", len(found.Data))
	expect(found.Data[0].Info.GetDisplayName() == "Operators", "the role has a name")
	expect(len(found.Data[0].Info.GetEffectivePermissions()) > 0, "the role has permissions")
	var users []ybmclient.UserSpecWithStateInfo = found.Data[0].Info.GetUsers()
	expect(len(users) == 0, "the role has no users")
	system, _, err := s.client.RoleApi.ListRbacRoles(s.ctx, s.accountId).
		RoleTypes("SYSTEM").Limit(100).IncludePermissions(true).Execute()
	must(err, "list built-in roles")
	expect(len(system.Data) == 3, "there are three built-in roles", len(system.Data))
}

// describeUsers reads which keys a role and a list have, as both clients show them.
func (s *story) describeUsers() {
	role, _, err := s.client.RoleApi.GetRole(s.ctx, s.accountId, s.roleId).Execute()
	must(err, "get a role with keys")
	expect(len(role.Data.Info.GetApiKeys()) == len(s.keyIds), "the role counts its keys")
	for _, apiKey := range role.Data.Info.ApiKeys {
		expect(apiKey.Status != nil, "a key has a status", apiKey.GetName(), apiKey.GetIssuer())
	}
	list, _, err := s.client.NetworkApi.
		GetNetworkAllowList(s.ctx, s.accountId, s.projectId, s.listIds[0]).Execute()
	must(err, "get a list with keys")
	active := 0
	for _, apiKey := range list.Data.Info.ApiKeyList {
		if apiKey.Status != nil && *apiKey.Status == ybmclient.APIKEYSTATUSENUM_ACTIVE {
			active++
		}
	}
	expect(active == 1, "one active key uses the list", active)
}
