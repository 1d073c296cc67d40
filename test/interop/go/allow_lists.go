package main

import ybmclient "example.com/aeon/sdk"

func (s *story) createAllowLists() {
	for _, name := range []string{"office", "home", "lab"} {
		spec := ybmclient.NewNetworkAllowListSpec(name, "", []string{"192.0.2.1", "2001:db8::/32"})
		made, _, err := s.client.NetworkApi.CreateNetworkAllowList(s.ctx, s.accountId, s.projectId).
			NetworkAllowListSpec(*spec).Execute()
		must(err, "create an allow list")
		expect(made.Data.Spec.Name == name, "the list has its name", made.Data.Spec.Name)
		s.listIds = append(s.listIds, made.Data.Info.Id)
	}
	expect(len(s.allLists(2)) == 3, "every list is on a page")

	// What the tests of the clients construct.
	info := ybmclient.NewNetworkAllowListInfo(
		s.listIds[0], s.projectId, []string{}, []ybmclient.NetworkAllowListClusterInfo{})
	spec := ybmclient.NewNetworkAllowListSpec("office", "", []string{"192.0.2.1"})
	data := ybmclient.NewNetworkAllowListData(*spec, *info)
	expect(data.Info.PeeringId.Get() == nil, "a list has no peering")
}

// allLists reads page by page, as the Terraform provider does.
func (s *story) allLists(limit int32) []ybmclient.NetworkAllowListData {
	lists := []ybmclient.NetworkAllowListData{}
	token := ""
	for {
		request := s.client.NetworkApi.ListNetworkAllowLists(s.ctx, s.accountId, s.projectId).
			Limit(limit)
		if token != "" {
			request = request.ContinuationToken(token)
		}
		page, _, err := request.Execute()
		must(err, "list allow lists")
		lists = append(lists, page.Data...)
		next := page.Metadata.ContinuationToken.Get()
		if next == nil {
			return lists
		}
		token = *next
	}
}
