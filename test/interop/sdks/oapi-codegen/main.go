// The story of a key, told through the client that oapi-codegen makes for Go.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"

	keys "example.com/story/aeonkeys"
	"github.com/oapi-codegen/runtime/types"
)

func main() {
	if err := tell(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := readModels(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("told: the story in Go")
}

func tell(ctx context.Context) error {
	now, err := clientOf("BASE_URL")
	if err != nil {
		return err
	}
	made, err := now.CreateAccountWithResponse(ctx, nil, keys.CreateAccount{Name: "oapi-codegen"})
	if err != nil || made.JSON201 == nil {
		return fmt.Errorf("account: %v %w", made, err)
	}
	account := made.JSON201.Account.Id
	labels := map[string]string{"team": "go"}
	wish := keys.IssueApiKey{Name: "go", Role: "developer", Metadata: &labels}
	issued, err := now.IssueApiKeyWithResponse(ctx, account, nil, wish)
	if err != nil || issued.JSON201 == nil {
		return fmt.Errorf("issue: %s %w", issued.Body, err)
	}
	id, token := issued.JSON201.ApiKey.Id.String(), *issued.JSON201.Token
	if err := verify(ctx, now, token, true, ""); err != nil {
		return err
	}
	if err := refuse(ctx, now, account, wish); err != nil {
		return err
	}
	if err := change(ctx, now, account, id); err != nil {
		return err
	}
	if err := meetFuture(ctx, account, id); err != nil {
		return err
	}
	revoked, err := now.RevokeApiKeyWithResponse(ctx, account, id, nil, keys.RevokeApiKeyJSONRequestBody{})
	if err != nil || revoked.JSON200 == nil || revoked.JSON200.ApiKey.Status != "revoked" {
		return fmt.Errorf("revoke: %s %w", revoked.Body, err)
	}
	return verify(ctx, now, token, false, "revoked")
}

func verify(ctx context.Context, now *keys.ClientWithResponses, token string, valid bool, reason string) error {
	answer, err := now.VerifyTokenWithResponse(ctx, keys.Attempt{Token: token})
	if err != nil || answer.JSON200 == nil || answer.JSON200.Valid != valid {
		return fmt.Errorf("verify: %s %w", answer.Body, err)
	}
	if given := answer.JSON200.Reason; reason != "" && (given == nil || *given != reason) {
		return fmt.Errorf("verify: %s", answer.Body)
	}
	return nil
}

// refuse meets a problem of each kind: one by a taken name, one that lists the faults of a body.
func refuse(ctx context.Context, now *keys.ClientWithResponses, account types.UUID, wish keys.IssueApiKey) error {
	again, err := now.IssueApiKeyWithResponse(ctx, account, nil, wish)
	if err != nil || again.ApplicationproblemJSON409 == nil || again.ApplicationproblemJSON409.Code != "name_taken" {
		return fmt.Errorf("a taken name: %s %w", again.Body, err)
	}
	wish.Name = ""
	empty, err := now.IssueApiKeyWithResponse(ctx, account, nil, wish)
	if err != nil || empty.ApplicationproblemJSON400 == nil {
		return fmt.Errorf("an empty name: %s %w", empty.Body, err)
	}
	faults := empty.ApplicationproblemJSON400.Errors
	if faults == nil || (*faults)[0].Field != "/name" {
		return fmt.Errorf("an empty name: %s", empty.Body)
	}
	return nil
}

func change(ctx context.Context, now *keys.ClientWithResponses, account types.UUID, id string) error {
	read, err := now.GetApiKeyWithResponse(ctx, account, id, nil)
	if err != nil || read.JSON200 == nil {
		return fmt.Errorf("get: %s %w", read.Body, err)
	}
	description := "changed"
	params := keys.UpdateApiKeyParams{IfMatch: read.HTTPResponse.Header.Get("ETag")}
	changed, err := now.UpdateApiKeyWithResponse(ctx, account, id, &params, keys.UpdateApiKey{Description: &description})
	if err != nil || changed.JSON200 == nil {
		return fmt.Errorf("update: %s %w", changed.Body, err)
	}
	left := changed.JSON200.ApiKey
	if left.Description != "changed" || left.Metadata["team"] != "go" {
		return fmt.Errorf("the update changed more than the description: %s", changed.Body)
	}
	return nil
}

// meetFuture reads an answer with fields and values that the document does not know.
func meetFuture(ctx context.Context, account types.UUID, id string) error {
	future, err := clientOf("FUTURE_URL")
	if err != nil {
		return err
	}
	found, err := future.GetApiKeyWithResponse(ctx, account, id, nil)
	if err != nil || found.JSON200 == nil || found.JSON200.ApiKey.Status != "future_value" {
		return fmt.Errorf("the future: %s %w", found.Body, err)
	}
	return nil
}

func clientOf(variable string) (*keys.ClientWithResponses, error) {
	token := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("ROOT_TOKEN"))
		return nil
	}
	url := strings.TrimSuffix(os.Getenv(variable), "/")
	return keys.NewClientWithResponses(url, keys.WithRequestEditorFn(token))
}
