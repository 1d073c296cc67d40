// The story of a key, told through the client that openapi-generator makes for Go.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	keys "example.com/story/aeonkeys"
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
	now := clientOf("BASE_URL")
	account, _, err := now.AccountsAPI.CreateAccount(ctx).CreateAccount(*keys.NewCreateAccount("Go")).Execute()
	if err != nil {
		return fmt.Errorf("account: %w", err)
	}
	accountID := account.Account.GetId()
	list, _, err := now.AllowListsAPI.CreateAllowList(ctx, accountID).
		CreateAllowList(*keys.NewCreateAllowList("office", []string{"203.0.113.7"})).Execute()
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	wish := keys.NewIssueApiKey("go", "developer", *keys.NewNullableTime(nil))
	wish.SetAllowListIds([]string{list.AllowList.GetId()})
	wish.SetMetadata(map[string]string{"team": "go"})
	issued, _, err := now.APIKeysAPI.IssueApiKey(ctx, accountID).IssueApiKey(*wish).IdempotencyKey("go").Execute()
	if err != nil {
		return fmt.Errorf("issue: %w", err)
	}
	key, token := issued.GetApiKey(), issued.GetToken()

	attempt := keys.NewAttempt(token)
	attempt.SetClientIp("203.0.113.7")
	verdict, _, err := now.VerificationAPI.VerifyToken(ctx).Attempt(*attempt).Execute()
	if err != nil || !verdict.GetValid() {
		return fmt.Errorf("verify: %v %w", verdict, err)
	}
	page, _, err := now.APIKeysAPI.ListApiKeys(ctx, accountID).Status([]string{"active", "disabled"}).NamePrefix("g").Execute()
	if err != nil || len(page.GetApiKeys()) != 1 {
		return fmt.Errorf("list: %v %w", page, err)
	}
	_, read, err := now.APIKeysAPI.GetApiKey(ctx, accountID, key.GetId()).Execute()
	if err != nil {
		return fmt.Errorf("get: %w", err)
	}
	change := keys.NewUpdateApiKey()
	change.SetDescription("changed")
	changed, _, err := now.APIKeysAPI.UpdateApiKey(ctx, accountID, key.GetId()).
		IfMatch(read.Header.Get("ETag")).UpdateApiKey(*change).Execute()
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	left := changed.GetApiKey()
	if left.GetDescription() != "changed" || left.GetMetadata()["team"] != "go" || len(left.GetAllowListIds()) != 1 {
		return fmt.Errorf("the update changed more than the description: %v", left)
	}
	if err := meetFuture(ctx, clientOf("FUTURE_URL"), accountID, key.GetId()); err != nil {
		return err
	}
	// No body: the client sends null.
	revoked, _, err := now.APIKeysAPI.RevokeApiKey(ctx, accountID, key.GetId()).Execute()
	if err != nil {
		return fmt.Errorf("revoke: %w", err)
	}
	ended, receipt := revoked.GetApiKey(), revoked.GetReceipt()
	if ended.GetStatus() != "revoked" {
		return fmt.Errorf("the key is %s", ended.GetStatus())
	}
	again, _, err := now.FreshnessAPI.GetReceipt(ctx, receipt.GetRevision()).Id(receipt.GetId()).WaitMs(5000).Execute()
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	state := again.GetReceipt()
	if state.GetState() != "complete" {
		return fmt.Errorf("the receipt is %s", state.GetState())
	}
	return nil
}

// meetFuture reads answers with fields and values that the document does not know.
func meetFuture(ctx context.Context, future *keys.APIClient, accountID, id string) error {
	found, _, err := future.APIKeysAPI.GetApiKey(ctx, accountID, id).Execute()
	if err != nil {
		return fmt.Errorf("unknown fields: %w", err)
	}
	key := found.GetApiKey()
	if key.GetStatus() != "future_value" {
		return fmt.Errorf("the future status is %s", key.GetStatus())
	}
	verdict, _, err := future.VerificationAPI.VerifyToken(ctx).Attempt(*keys.NewAttempt("nonsense")).Execute()
	if err != nil || verdict.GetValid() || verdict.GetReason() != "future_value" {
		return fmt.Errorf("a future reason: %v %w", verdict, err)
	}
	_, _, err = future.APIKeysAPI.GetApiKey(ctx, accountID, accountID).Execute()
	var refused *keys.GenericOpenAPIError
	if !errors.As(err, &refused) {
		return fmt.Errorf("no error: %w", err)
	}
	if problem, ok := refused.Model().(keys.Problem); !ok || problem.GetCode() != "future_value" {
		return fmt.Errorf("a future code: %v", refused.Model())
	}
	return nil
}

func clientOf(variable string) *keys.APIClient {
	configuration := keys.NewConfiguration()
	configuration.Servers = keys.ServerConfigurations{{URL: os.Getenv(variable)}}
	configuration.AddDefaultHeader("Authorization", "Bearer "+os.Getenv("ROOT_TOKEN"))
	return keys.NewAPIClient(configuration)
}
