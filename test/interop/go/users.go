package main

import ybmclient "example.com/aeon/sdk"

const invitedEmail = "grace@example.com"

// inviteUser invites an address with the role of the story, as both clients do, and reads it as
// Terraform does: the first user of the list with the address.
func (s *story) inviteUser() {
	user := *ybmclient.NewInviteUserSpecWithDefaults()
	user.SetEmail(invitedEmail)
	user.SetRoleId(s.roleId)
	batch := *ybmclient.NewBatchInviteUserSpecWithDefaults()
	batch.SetUserList([]ybmclient.InviteUserSpec{user})
	made, _, err := s.client.AccountApi.BatchInviteAccountUsers(s.ctx, s.accountId).
		BatchInviteUserSpec(batch).Execute()
	must(err, "invite a user")
	result := made.Data.GetUserList()[0]
	expect(result.GetIsSuccessful(), "the user is invited", result.GetErrorMessage())
	invited := result.GetInviteUserData()
	expect(invited.Spec.GetEmail() == invitedEmail, "the address is kept")
	expect(roleOf(invited.Info) == "Operators", "the role is kept", roleOf(invited.Info))
	s.invitedId = invited.Info.Id

	found, _, err := s.client.AccountApi.ListAccountUsers(s.ctx, s.accountId).
		Email(invitedEmail).Execute()
	must(err, "list users")
	var shown ybmclient.UserData = found.Data[0]
	expect(shown.Spec.Email == invitedEmail, "the address is found")
	expect(roleOf(shown.Info) == "Operators", "the user has a role", roleOf(shown.Info))
	expect(string(shown.Info.State) == "PROVISIONED", "the user is awaited", shown.Info.State)
	expect(shown.Spec.GetFirstName()+shown.Spec.GetLastName() == "", "nobody states a name")
}

func roleOf(info ybmclient.UserInfo) string {
	return info.GetRoleList()[0].GetRoles()[0].Info.GetDisplayName()
}

// endUsers gives a role to a user who is not there, and withdraws the invitation.
func (s *story) endUsers() {
	wanted := *ybmclient.NewModifyUserRoleRequest(s.roleId)
	_, err := s.client.AccountApi.ModifyUserRole(s.ctx, s.accountId, s.invitedId).
		ModifyUserRoleRequest(wanted).Execute()
	expect(err != nil, "an invitation has no other role")
	_, err = s.client.AccountApi.RemoveAccountUser(s.ctx, s.accountId, s.invitedId).Execute()
	must(err, "remove a user")
	left, _, err := s.client.AccountApi.ListAccountUsers(s.ctx, s.accountId).Execute()
	must(err, "list users after the removal")
	expect(len(left.GetData()) == 0, "no user is left", len(left.GetData()))
}
