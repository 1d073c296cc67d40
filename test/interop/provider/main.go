// A provider of OpenID Connect: the example server of zitadel/oidc, with its people and machines,
// and with this service as its client.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

func main() {
	issuer, address := os.Getenv("ISSUER"), os.Getenv("ADDRESS")
	redirectURI := os.Getenv("REDIRECT_URI")
	storage.RegisterClients(storage.WebClient("aeon-keys", os.Getenv("CLIENT_SECRET"), redirectURI))
	store := &providerStorage{storage.NewStorage(storage.NewUserStore(issuer))}
	log.Fatal(http.ListenAndServe(address, exampleop.SetupServer(issuer, store, nil, false)))
}

// providerStorage is that of the example, with clients as this service needs them.
type providerStorage struct{ *storage.Storage }

func (s *providerStorage) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	client, err := s.Storage.GetClientByClientID(ctx, id)
	return webClient{client}, err
}

func (s *providerStorage) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	client, err := s.Storage.ClientCredentials(ctx, id, secret)
	return machine{client}, err
}

func (s *providerStorage) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	audience := oidc.Audience{os.Getenv("AUDIENCE")}
	return &oidc.JWTTokenRequest{Subject: id, Audience: audience, Scopes: scopes}, nil
}

// webClient gets the claims of people in its ID token, and people back after a logout.
type webClient struct{ op.Client }

func (webClient) IDTokenUserinfoClaimsAssertion() bool { return true }

func (webClient) PostLogoutRedirectURIs() []string {
	return []string{os.Getenv("POST_LOGOUT_REDIRECT_URI")}
}

// machine gets JWTs (RFC 9068), not opaque tokens.
type machine struct{ op.Client }

func (machine) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }
