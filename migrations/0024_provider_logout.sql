-- Logout by a provider (OpenID Connect Back-Channel Logout 1.0): what the provider calls the session of a browser
-- there, by which a sign-in was proved. Null: it does not say, or no provider proved the sign-in.
alter table user_session add column if not exists provider_session text
  check (char_length(provider_session) between 1 and 255);
create index if not exists user_session_of_provider on user_session (provider_session asc) where provider_session is not null;

-- The logout tokens that were received, until they expire: each counts once.
create table if not exists logout_token (
  issuer text not null,
  jti text not null check (char_length(jti) between 1 and 255),
  expires_at timestamptz not null,
  primary key (issuer, jti)
);
create index if not exists logout_token_by_expiry on logout_token (expires_at asc);
