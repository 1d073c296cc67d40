// The story of the Aeon API on the generated library, with the names, constructors and optional
// fields that the code of ybm and of the Terraform provider uses: account, project, permissions,
// roles, allow lists, keys and users. Prints "ok", or ends with what is wrong.
package main

import (
	"context"
	"fmt"
	"os"

	ybmclient "example.com/aeon/sdk"
)

func main() {
	s := &story{ctx: context.Background(), client: newClient(os.Getenv("TOKEN"))}
	s.findAccount()
	s.readPermissions()
	s.createRole()
	s.createAllowLists()
	s.createKeys()
	s.listKeys()
	s.describeUsers()
	s.inviteUser()
	s.meetErrors()
	s.endUsers()
	s.endEverything()
	fmt.Println("ok")
}

// newClient calls the host of the first argument, as the clients do: they set the host and the
// scheme only.
func newClient(token string) *ybmclient.APIClient {
	configuration := ybmclient.NewConfiguration()
	configuration.Host = os.Args[1]
	configuration.Scheme = "http"
	configuration.UserAgent = "aeon-keys-interop"
	client := ybmclient.NewAPIClient(configuration)
	client.GetConfig().AddDefaultHeader("Authorization", "Bearer "+token)
	return client
}

// story holds what its chapters have created.
type story struct {
	ctx       context.Context
	client    *ybmclient.APIClient
	accountId string
	projectId string
	roleId    string
	listIds   []string
	keyIds    []string
	invitedId string
	jwt       string
}

func must(err error, what string) {
	if err == nil {
		return
	}
	if apiError, isApiError := err.(ybmclient.GenericOpenAPIError); isApiError {
		what += ": " + string(apiError.Body())
	}
	fmt.Fprintln(os.Stderr, what+":", err)
	os.Exit(1)
}

func expect(holds bool, what string, seen ...interface{}) {
	if holds {
		return
	}
	fmt.Fprintln(os.Stderr, append([]interface{}{"not as expected:", what}, seen...)...)
	os.Exit(1)
}
