-- The schema that migrations/ makes, read from the catalogue of the database. It is not a migration:
-- `node scripts/schema-dump.ts` writes it, and `--check` compares it with what the migrations make.

create table account (
  id uuid not null,
  name text not null,
  platform boolean not null,
  created_at timestamp with time zone not null,
  project_id uuid not null default gen_random_uuid()
);

create table allow_list (
  id uuid not null,
  account_id uuid not null,
  name text not null,
  description text not null,
  entries text[] not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  live boolean not null,
  name_skeleton text,
  skeleton_of text,
  version uuid not null default gen_random_uuid()
);

create table api_key (
  id uuid not null,
  account_id uuid not null,
  name text collate "C" not null,
  description text not null,
  role_id uuid not null,
  reach text not null,
  token_prefix text not null,
  created_at timestamp with time zone not null,
  created_by_kind text not null,
  created_by_id text,
  created_by_name text,
  expires_at timestamp with time zone,
  disabled_at timestamp with time zone,
  revoked_at timestamp with time zone,
  revoked_by_kind text,
  revoked_by_id text,
  revoked_by_name text,
  revocation_reason text,
  live boolean,
  changed_revision bigint,
  changed_revision_id uuid,
  metadata jsonb not null default '{}'::jsonb,
  revoked_in_bulk uuid,
  holds_lists boolean generated always as (
CASE
    WHEN (live AND (reach = 'allow_lists'::text)) THEN true
    ELSE NULL::boolean
END) stored,
  name_skeleton text collate "C",
  skeleton_of text collate "C",
  created_by_verified text,
  revoked_by_verified text
);

create table api_key_allow_list (
  account_id uuid not null,
  api_key_id uuid not null,
  allow_list_id uuid not null,
  live boolean
);

create table api_key_denial (
  api_key_id uuid not null,
  reason text not null,
  hour timestamp with time zone not null,
  account_id uuid not null,
  count bigint not null
);

create table api_key_usage (
  api_key_id uuid not null,
  account_id uuid not null,
  last_used_at timestamp with time zone not null,
  use_count bigint not null,
  created_at timestamp with time zone,
  last_used_day date generated always as (((last_used_at AT TIME ZONE 'UTC'::text))::date) stored
) with (fillfactor=50);

create table api_key_word (
  api_key_id uuid not null,
  word text collate "C" not null,
  account_id uuid not null
);

create table audit_chain (
  account_id uuid not null,
  number bigint not null,
  link bytea not null,
  updated_at timestamp with time zone not null
);

create table audit_event (
  account_id uuid not null,
  number bigint not null,
  id uuid not null,
  created_at timestamp with time zone not null,
  action text not null,
  actor_kind text not null,
  actor_id text,
  resource_id uuid,
  content text not null,
  link bytea not null
);

create table audit_event_key (
  account_id uuid not null,
  number bigint not null,
  api_key_id uuid not null
);

create table bulk_revocation (
  id uuid not null,
  revision bigint not null,
  revision_id uuid not null,
  created_at timestamp with time zone not null
);

create table change (
  revision bigint not null,
  ordinal integer not null,
  id uuid not null,
  kind text not null,
  subject uuid,
  created_at timestamp with time zone not null
);

create table credential (
  api_key_id uuid not null,
  generation integer not null,
  tag text not null,
  tag_key_id uuid not null,
  hash text not null,
  hash_profile smallint not null,
  pepper_id text,
  created_at timestamp with time zone not null,
  first_used_at timestamp with time zone,
  ended_at timestamp with time zone,
  ends_at timestamp with time zone,
  retires_older_after_seconds integer
);

create table idempotent_request (
  author text not null,
  account_id uuid not null,
  route text not null,
  idempotency_key text not null,
  body_digest text not null,
  api_key_id uuid not null,
  generation integer not null,
  created_at timestamp with time zone not null
);

create table instance (
  id uuid not null,
  applied bigint not null,
  beat bigint not null,
  started_at timestamp with time zone not null,
  max_staleness_ms integer not null,
  edges integer not null default 0,
  edges_confirmed integer not null default 0,
  edges_revision bigint not null default 0
);

create table invitation (
  id uuid not null,
  account_id uuid not null,
  email text not null,
  folded_email text not null,
  role_id uuid not null,
  inviter_key_id uuid,
  inviter_generation integer,
  inviter_membership_id uuid,
  invited_by_kind text not null,
  invited_by_id text,
  invited_by_name text,
  invited_by_verified text,
  hash bytea not null,
  created_at timestamp with time zone not null,
  sent_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  redeemed_at timestamp with time zone,
  redeemed_by uuid,
  withdrawn_at timestamp with time zone,
  open boolean
);

create table isolation_probe (
  singleton boolean not null default true,
  value uuid not null
);

create table logout_token (
  issuer text not null,
  jti text not null,
  expires_at timestamp with time zone not null
);

create table membership (
  id uuid not null,
  account_id uuid not null,
  person_id uuid not null,
  role_id uuid not null,
  mapped_until timestamp with time zone,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  removed_at timestamp with time zone,
  live boolean,
  changed_revision bigint,
  changed_revision_id uuid,
  invitation_id uuid,
  signed_in_at timestamp with time zone
);

create table pepper (
  id text not null,
  fingerprint text not null,
  created_at timestamp with time zone not null
);

create table permission_catalogue (
  singleton boolean not null default true,
  entries jsonb not null,
  updated_at timestamp with time zone not null
);

create table person (
  id uuid not null,
  issuer text not null,
  subject text not null,
  email text,
  email_verified boolean not null,
  name text,
  created_at timestamp with time zone not null,
  signed_in_at timestamp with time zone
);

create table revision (
  singleton boolean not null default true,
  value bigint not null,
  floor bigint not null
);

create table role (
  id uuid not null,
  account_id uuid not null,
  platform boolean not null,
  name text not null,
  folded_name text not null,
  description text not null,
  built_in boolean not null,
  permissions text[] not null,
  effective_account text[] not null,
  effective_platform text[] not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  deleted_at timestamp with time zone,
  live boolean not null,
  name_skeleton text,
  skeleton_of text
);

create table session (
  id uuid not null,
  api_key_id uuid not null,
  generation integer not null,
  tag_key_id uuid not null,
  hash bytea not null,
  client_ip text,
  created_at timestamp with time zone not null,
  confirmed_until timestamp with time zone not null,
  last_used_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  ended_revision bigint,
  ended_revision_id uuid
);

create table sign_in_link (
  id uuid not null,
  api_key_id uuid not null,
  generation integer not null,
  hash bytea not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone
);

create table sweep (
  name text not null,
  swept_to timestamp with time zone not null,
  swept_id uuid not null
);

create table tag_key (
  id uuid not null,
  key bytea not null,
  signs boolean not null,
  created_at timestamp with time zone not null,
  stopped_at timestamp with time zone,
  retired_at timestamp with time zone
);

create table user_request (
  author text not null,
  account_id uuid not null,
  route text not null,
  idempotency_key text not null,
  body_digest text not null,
  resource_id uuid not null,
  created_at timestamp with time zone not null
);

create table user_session (
  id uuid not null,
  membership_id uuid not null,
  tag_key_id uuid not null,
  hash bytea not null,
  client_ip text,
  created_at timestamp with time zone not null,
  confirmed_until timestamp with time zone not null,
  last_used_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  ended_revision bigint,
  ended_revision_id uuid,
  provider_session text
);

alter table account add constraint account_pkey PRIMARY KEY (id);
alter table account add constraint account_id_platform_key UNIQUE (id, platform);
alter table account add constraint account_name_check CHECK ((((char_length(name) >= 1) AND (char_length(name) <= 120)) AND (name !~ '^\s|\s$'::text)));
alter table allow_list add constraint allow_list_pkey PRIMARY KEY (id);
alter table allow_list add constraint allow_list_account_id_id_key UNIQUE (account_id, id);
alter table allow_list add constraint allow_list_account_id_id_live_key UNIQUE (account_id, id, live);
alter table allow_list add constraint allow_list_check CHECK ((live = (deleted_at IS NULL)));
alter table allow_list add constraint allow_list_description_check CHECK ((char_length(description) <= 1000));
alter table allow_list add constraint allow_list_entries_check CHECK (((cardinality(entries) >= 1) AND (cardinality(entries) <= 100)));
alter table allow_list add constraint allow_list_name_check CHECK ((((char_length(name) >= 1) AND (char_length(name) <= 120)) AND (name !~ '^\s|\s$'::text)));
alter table api_key add constraint api_key_pkey PRIMARY KEY (id);
alter table api_key add constraint api_key_account_id_id_key UNIQUE (account_id, id);
alter table api_key add constraint api_key_id_holds_lists_key UNIQUE (id, holds_lists);
alter table api_key add constraint api_key_check CHECK (((revoked_at IS NULL) = (revoked_by_kind IS NULL)));
alter table api_key add constraint api_key_check1 CHECK (((revoked_at IS NOT NULL) OR ((revoked_by_id IS NULL) AND (revoked_by_name IS NULL) AND (revocation_reason IS NULL))));
alter table api_key add constraint api_key_check2 CHECK (((revoked_at IS NULL) OR (live IS NULL)));
alter table api_key add constraint api_key_check3 CHECK (((live IS NOT NULL) OR (revoked_at IS NOT NULL) OR (expires_at IS NOT NULL)));
alter table api_key add constraint api_key_check4 CHECK (((changed_revision IS NULL) = (changed_revision_id IS NULL)));
alter table api_key add constraint api_key_created_by_kind_check CHECK ((created_by_kind = ANY (ARRAY['user'::text, 'api_key'::text, 'platform'::text, 'system'::text])));
alter table api_key add constraint api_key_created_by_verified_check CHECK ((created_by_verified = ANY (ARRAY['account'::text, 'platform'::text])));
alter table api_key add constraint api_key_description_check CHECK ((char_length(description) <= 1000));
alter table api_key add constraint api_key_live_check CHECK (live);
alter table api_key add constraint api_key_metadata_check CHECK (((jsonb_typeof(metadata) = 'object'::text) AND (octet_length((metadata)::text) <= 8192)));
alter table api_key add constraint api_key_name_check CHECK ((((char_length(name) >= 1) AND (char_length(name) <= 120)) AND (name !~ '^\s|\s$'::text)));
alter table api_key add constraint api_key_reach_check CHECK ((reach = ANY (ARRAY['anywhere'::text, 'allow_lists'::text])));
alter table api_key add constraint api_key_revocation_reason_check CHECK ((char_length(revocation_reason) <= 1000));
alter table api_key add constraint api_key_revoked_by_kind_check CHECK ((revoked_by_kind = ANY (ARRAY['user'::text, 'api_key'::text, 'platform'::text, 'system'::text])));
alter table api_key add constraint api_key_revoked_by_verified_check CHECK ((revoked_by_verified = ANY (ARRAY['account'::text, 'platform'::text])));
alter table api_key add constraint api_key_token_prefix_check CHECK ((token_prefix ~ '^[a-z][a-z0-9]{0,15}$'::text));
alter table api_key_allow_list add constraint api_key_allow_list_pkey PRIMARY KEY (api_key_id, allow_list_id);
alter table api_key_allow_list add constraint api_key_allow_list_live_check CHECK (live);
alter table api_key_denial add constraint api_key_denial_pkey PRIMARY KEY (api_key_id, reason, hour);
alter table api_key_denial add constraint api_key_denial_count_check CHECK ((count > 0));
alter table api_key_usage add constraint api_key_usage_pkey PRIMARY KEY (api_key_id);
alter table api_key_usage add constraint api_key_usage_use_count_check CHECK ((use_count > 0));
alter table api_key_word add constraint api_key_word_pkey PRIMARY KEY (api_key_id, word);
alter table audit_chain add constraint audit_chain_pkey PRIMARY KEY (account_id);
alter table audit_chain add constraint audit_chain_link_check CHECK ((octet_length(link) = 32));
alter table audit_chain add constraint audit_chain_number_check CHECK ((number >= 0));
alter table audit_event add constraint audit_event_pkey PRIMARY KEY (account_id, number);
alter table audit_event add constraint audit_event_link_check CHECK ((octet_length(link) = 32));
alter table audit_event add constraint audit_event_number_check CHECK ((number > 0));
alter table audit_event_key add constraint audit_event_key_pkey PRIMARY KEY (account_id, number, api_key_id);
alter table bulk_revocation add constraint bulk_revocation_pkey PRIMARY KEY (id);
alter table change add constraint change_pkey PRIMARY KEY (revision, ordinal);
alter table credential add constraint credential_pkey PRIMARY KEY (api_key_id, generation);
alter table credential add constraint credential_api_key_id_tag_key UNIQUE (api_key_id, tag);
alter table credential add constraint credential_generation_check CHECK ((generation > 0));
alter table credential add constraint credential_hash_check CHECK ((hash ~~ '$argon2id$%'::text));
alter table credential add constraint credential_retires_older_after_seconds_check CHECK ((retires_older_after_seconds >= 0));
alter table credential add constraint credential_tag_check CHECK ((tag ~ '^[0-9A-Za-z]{11}$'::text));
alter table idempotent_request add constraint idempotent_request_pkey PRIMARY KEY (author, account_id, route, idempotency_key);
alter table idempotent_request add constraint idempotent_request_author_check CHECK ((author <> ''::text));
alter table idempotent_request add constraint idempotent_request_generation_check CHECK ((generation > 0));
alter table idempotent_request add constraint idempotent_request_idempotency_key_check CHECK (((char_length(idempotency_key) >= 1) AND (char_length(idempotency_key) <= 255)));
alter table idempotent_request add constraint idempotent_request_route_check CHECK ((route <> ''::text));
alter table instance add constraint instance_pkey PRIMARY KEY (id);
alter table instance add constraint instance_edges_check CHECK ((edges >= 0));
alter table instance add constraint instance_edges_confirmed_check CHECK ((edges_confirmed >= 0));
alter table invitation add constraint invitation_pkey PRIMARY KEY (id);
alter table invitation add constraint invitation_check CHECK (((inviter_key_id IS NULL) = (inviter_generation IS NULL)));
alter table invitation add constraint invitation_check1 CHECK (((inviter_key_id IS NULL) <> (inviter_membership_id IS NULL)));
alter table invitation add constraint invitation_check2 CHECK (((redeemed_at IS NULL) = (redeemed_by IS NULL)));
alter table invitation add constraint invitation_check3 CHECK (((open IS NULL) = ((redeemed_at IS NOT NULL) OR (withdrawn_at IS NOT NULL))));
alter table invitation add constraint invitation_check4 CHECK (((redeemed_at IS NULL) OR (withdrawn_at IS NULL)));
alter table invitation add constraint invitation_email_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 254)));
alter table invitation add constraint invitation_folded_email_check CHECK (((char_length(folded_email) >= 3) AND (char_length(folded_email) <= 254)));
alter table invitation add constraint invitation_hash_check CHECK ((octet_length(hash) = 32));
alter table invitation add constraint invitation_invited_by_kind_check CHECK ((invited_by_kind = ANY (ARRAY['user'::text, 'api_key'::text, 'platform'::text, 'system'::text])));
alter table invitation add constraint invitation_invited_by_verified_check CHECK ((invited_by_verified = ANY (ARRAY['account'::text, 'platform'::text])));
alter table invitation add constraint invitation_open_check CHECK (open);
alter table isolation_probe add constraint isolation_probe_pkey PRIMARY KEY (singleton);
alter table isolation_probe add constraint isolation_probe_singleton_check CHECK (singleton);
alter table logout_token add constraint logout_token_pkey PRIMARY KEY (issuer, jti);
alter table logout_token add constraint logout_token_jti_check CHECK (((char_length(jti) >= 1) AND (char_length(jti) <= 255)));
alter table membership add constraint membership_pkey PRIMARY KEY (id);
alter table membership add constraint membership_check CHECK (((live IS NULL) = (removed_at IS NOT NULL)));
alter table membership add constraint membership_check1 CHECK (((changed_revision IS NULL) = (changed_revision_id IS NULL)));
alter table membership add constraint membership_live_check CHECK (live);
alter table pepper add constraint pepper_pkey PRIMARY KEY (id);
alter table pepper add constraint pepper_id_check CHECK ((id ~ '^[A-Za-z0-9._-]{1,64}$'::text));
alter table permission_catalogue add constraint permission_catalogue_pkey PRIMARY KEY (singleton);
alter table permission_catalogue add constraint permission_catalogue_singleton_check CHECK (singleton);
alter table person add constraint person_pkey PRIMARY KEY (id);
alter table person add constraint person_email_check CHECK ((char_length(email) <= 320));
alter table person add constraint person_issuer_check CHECK (((char_length(issuer) >= 1) AND (char_length(issuer) <= 2000)));
alter table person add constraint person_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 120)));
alter table person add constraint person_subject_check CHECK (((char_length(subject) >= 1) AND (char_length(subject) <= 255)));
alter table revision add constraint revision_pkey PRIMARY KEY (singleton);
alter table revision add constraint revision_check CHECK ((floor < value));
alter table revision add constraint revision_singleton_check CHECK (singleton);
alter table role add constraint role_pkey PRIMARY KEY (id);
alter table role add constraint role_account_id_id_key UNIQUE (account_id, id);
alter table role add constraint role_account_id_id_live_key UNIQUE (account_id, id, live);
alter table role add constraint role_check CHECK ((platform OR (effective_platform = '{}'::text[])));
alter table role add constraint role_check1 CHECK (((live = (deleted_at IS NULL)) AND (live OR (NOT built_in))));
alter table role add constraint role_description_check CHECK ((char_length(description) <= 1000));
alter table role add constraint role_name_check CHECK ((((char_length(name) >= 1) AND (char_length(name) <= 120)) AND (name !~ '^\s|\s$'::text)));
alter table session add constraint session_pkey PRIMARY KEY (id);
alter table session add constraint session_check CHECK (((ended_revision IS NULL) = (ended_revision_id IS NULL)));
alter table session add constraint session_hash_check CHECK ((octet_length(hash) = 32));
alter table sign_in_link add constraint sign_in_link_pkey PRIMARY KEY (id);
alter table sign_in_link add constraint sign_in_link_hash_check CHECK ((octet_length(hash) = 32));
alter table sweep add constraint sweep_pkey PRIMARY KEY (name);
alter table tag_key add constraint tag_key_pkey PRIMARY KEY (id);
alter table tag_key add constraint tag_key_check CHECK (((retired_at IS NULL) OR (NOT signs)));
alter table tag_key add constraint tag_key_key_check CHECK ((octet_length(key) = 32));
alter table user_request add constraint user_request_pkey PRIMARY KEY (author, account_id, route, idempotency_key);
alter table user_request add constraint user_request_idempotency_key_check CHECK (((char_length(idempotency_key) >= 1) AND (char_length(idempotency_key) <= 255)));
alter table user_session add constraint user_session_pkey PRIMARY KEY (id);
alter table user_session add constraint user_session_check CHECK (((ended_revision IS NULL) = (ended_revision_id IS NULL)));
alter table user_session add constraint user_session_hash_check CHECK ((octet_length(hash) = 32));
alter table user_session add constraint user_session_provider_session_check CHECK (((char_length(provider_session) >= 1) AND (char_length(provider_session) <= 255)));
alter table allow_list add constraint allow_list_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id);
alter table api_key add constraint api_key_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id);
alter table api_key add constraint api_key_account_id_role_id_fkey FOREIGN KEY (account_id, role_id) REFERENCES role(account_id, id);
alter table api_key add constraint api_key_uses_role FOREIGN KEY (account_id, role_id, live) REFERENCES role(account_id, id, live);
alter table api_key_allow_list add constraint api_key_allow_list_account_id_allow_list_id_fkey FOREIGN KEY (account_id, allow_list_id) REFERENCES allow_list(account_id, id);
alter table api_key_allow_list add constraint api_key_allow_list_account_id_api_key_id_fkey FOREIGN KEY (account_id, api_key_id) REFERENCES api_key(account_id, id);
alter table api_key_allow_list add constraint api_key_allow_list_held_by_key FOREIGN KEY (api_key_id, live) REFERENCES api_key(id, holds_lists) ON UPDATE CASCADE;
alter table api_key_allow_list add constraint api_key_uses_allow_list FOREIGN KEY (account_id, allow_list_id, live) REFERENCES allow_list(account_id, id, live);
alter table api_key_usage add constraint api_key_usage_account_id_api_key_id_fkey FOREIGN KEY (account_id, api_key_id) REFERENCES api_key(account_id, id);
alter table credential add constraint credential_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_key(id);
alter table credential add constraint credential_pepper_id_fkey FOREIGN KEY (pepper_id) REFERENCES pepper(id);
alter table credential add constraint credential_tag_key_id_fkey FOREIGN KEY (tag_key_id) REFERENCES tag_key(id);
alter table idempotent_request add constraint idempotent_request_account_id_api_key_id_fkey FOREIGN KEY (account_id, api_key_id) REFERENCES api_key(account_id, id) DEFERRABLE INITIALLY DEFERRED;
alter table idempotent_request add constraint idempotent_request_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id);
alter table invitation add constraint invitation_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id);
alter table invitation add constraint invitation_account_id_role_id_fkey FOREIGN KEY (account_id, role_id) REFERENCES role(account_id, id);
alter table invitation add constraint invitation_inviter_key_id_inviter_generation_fkey FOREIGN KEY (inviter_key_id, inviter_generation) REFERENCES credential(api_key_id, generation);
alter table invitation add constraint invitation_inviter_membership_id_fkey FOREIGN KEY (inviter_membership_id) REFERENCES membership(id);
alter table invitation add constraint invitation_redeemed_by_fkey FOREIGN KEY (redeemed_by) REFERENCES person(id);
alter table invitation add constraint invitation_uses_role FOREIGN KEY (account_id, role_id, open) REFERENCES role(account_id, id, live);
alter table membership add constraint membership_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id);
alter table membership add constraint membership_account_id_role_id_fkey FOREIGN KEY (account_id, role_id) REFERENCES role(account_id, id);
alter table membership add constraint membership_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id);
alter table membership add constraint membership_uses_role FOREIGN KEY (account_id, role_id, live) REFERENCES role(account_id, id, live);
alter table role add constraint role_account_id_platform_fkey FOREIGN KEY (account_id, platform) REFERENCES account(id, platform);
alter table session add constraint session_api_key_id_generation_fkey FOREIGN KEY (api_key_id, generation) REFERENCES credential(api_key_id, generation);
alter table session add constraint session_tag_key_id_fkey FOREIGN KEY (tag_key_id) REFERENCES tag_key(id);
alter table sign_in_link add constraint sign_in_link_api_key_id_generation_fkey FOREIGN KEY (api_key_id, generation) REFERENCES credential(api_key_id, generation);
alter table user_request add constraint user_request_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id);
alter table user_session add constraint user_session_membership_id_fkey FOREIGN KEY (membership_id) REFERENCES membership(id);
alter table user_session add constraint user_session_tag_key_id_fkey FOREIGN KEY (tag_key_id) REFERENCES tag_key(id);

CREATE INDEX account_by_created ON public.account USING btree (created_at, id);
CREATE INDEX account_by_name ON public.account USING btree (name COLLATE "C", id);
CREATE UNIQUE INDEX account_platform ON public.account USING btree (platform) WHERE platform;
CREATE UNIQUE INDEX account_project ON public.account USING btree (project_id);
CREATE INDEX allow_list_by_created ON public.allow_list USING btree (account_id, created_at, id) WHERE live;
CREATE INDEX allow_list_by_name ON public.allow_list USING btree (account_id, name COLLATE "C", id) WHERE live;
CREATE UNIQUE INDEX allow_list_name ON public.allow_list USING btree (account_id, name) WHERE live;
CREATE UNIQUE INDEX allow_list_name_skeleton ON public.allow_list USING btree (account_id, name_skeleton) WHERE (live AND (skeleton_of = name));
CREATE UNIQUE INDEX allow_list_version ON public.allow_list USING btree (version);
CREATE INDEX allow_list_without_skeleton ON public.allow_list USING btree (id) WHERE (live AND (skeleton_of IS DISTINCT FROM name));
CREATE INDEX api_key_by_creator ON public.api_key USING btree (account_id, created_by_id, created_at, id);
CREATE INDEX api_key_by_expiry_everywhere ON public.api_key USING btree (expires_at, id) WHERE ((expires_at IS NOT NULL) AND (revoked_at IS NULL));
CREATE INDEX api_key_by_role ON public.api_key USING btree (account_id, role_id, created_at, id);
CREATE INDEX api_key_disabled ON public.api_key USING btree (account_id, created_at, id) WHERE ((revoked_at IS NULL) AND (disabled_at IS NOT NULL));
CREATE INDEX api_key_disabled_by_expiry ON public.api_key USING btree (account_id, COALESCE(expires_at, 'infinity'::timestamp with time zone), id) WHERE ((revoked_at IS NULL) AND (disabled_at IS NOT NULL));
CREATE INDEX api_key_disabled_by_name ON public.api_key USING btree (account_id, name, id) WHERE ((revoked_at IS NULL) AND (disabled_at IS NOT NULL));
CREATE INDEX api_key_live_by_role ON public.api_key USING btree (account_id, role_id) INCLUDE (expires_at) WHERE live;
CREATE UNIQUE INDEX api_key_name ON public.api_key USING btree (account_id, name) WHERE live;
CREATE UNIQUE INDEX api_key_name_skeleton ON public.api_key USING btree (account_id, name_skeleton) WHERE (live AND (skeleton_of = name));
CREATE INDEX api_key_revoked_by_created ON public.api_key USING btree (account_id, created_at, id) INCLUDE (expires_at) WHERE (revoked_at IS NOT NULL);
CREATE INDEX api_key_revoked_by_expiry ON public.api_key USING btree (account_id, COALESCE(expires_at, 'infinity'::timestamp with time zone), id) WHERE (revoked_at IS NOT NULL);
CREATE INDEX api_key_revoked_by_name ON public.api_key USING btree (account_id, name, id) WHERE (revoked_at IS NOT NULL);
CREATE INDEX api_key_unrevoked_by_created ON public.api_key USING btree (account_id, created_at, id) INCLUDE (expires_at, disabled_at) WHERE (revoked_at IS NULL);
CREATE INDEX api_key_unrevoked_by_creator ON public.api_key USING btree (account_id, created_by_id, created_at, id) WHERE (revoked_at IS NULL);
CREATE INDEX api_key_unrevoked_by_expiry ON public.api_key USING btree (account_id, COALESCE(expires_at, 'infinity'::timestamp with time zone), id) WHERE (revoked_at IS NULL);
CREATE INDEX api_key_unrevoked_by_name ON public.api_key USING btree (account_id, name, id) WHERE (revoked_at IS NULL);
CREATE INDEX api_key_without_skeleton ON public.api_key USING btree (id) WHERE (live AND (skeleton_of IS DISTINCT FROM name));
CREATE INDEX api_key_allow_list_by_list ON public.api_key_allow_list USING btree (account_id, allow_list_id) WHERE live;
CREATE INDEX api_key_denial_by_hour ON public.api_key_denial USING btree (hour);
CREATE INDEX api_key_usage_by_created ON public.api_key_usage USING btree (account_id, created_at, api_key_id, last_used_day);
CREATE INDEX api_key_usage_by_day ON public.api_key_usage USING btree (account_id, last_used_day, api_key_id);
CREATE INDEX api_key_word_by_word ON public.api_key_word USING btree (account_id, word, api_key_id);
CREATE INDEX audit_event_by_action ON public.audit_event USING btree (account_id, action, created_at, id);
CREATE INDEX audit_event_by_actor ON public.audit_event USING btree (account_id, actor_id, created_at, id);
CREATE INDEX audit_event_by_created ON public.audit_event USING btree (account_id, created_at, id);
CREATE INDEX audit_event_by_resource ON public.audit_event USING btree (account_id, resource_id, created_at, id);
CREATE INDEX audit_event_key_by_key ON public.audit_event_key USING btree (account_id, api_key_id, number);
CREATE INDEX change_by_time ON public.change USING btree (created_at);
CREATE INDEX credential_by_pepper ON public.credential USING btree (pepper_id) WHERE ((ended_at IS NULL) AND (pepper_id IS NOT NULL));
CREATE INDEX credential_by_tag_key ON public.credential USING btree (tag_key_id) WHERE (ended_at IS NULL);
CREATE INDEX idempotent_request_by_time ON public.idempotent_request USING btree (created_at);
CREATE INDEX invitation_by_created ON public.invitation USING btree (account_id, created_at, id) WHERE open;
CREATE INDEX invitation_by_expiry ON public.invitation USING btree (expires_at);
CREATE INDEX invitation_by_role ON public.invitation USING btree (account_id, role_id) WHERE open;
CREATE UNIQUE INDEX invitation_of_address ON public.invitation USING btree (account_id, folded_email) WHERE open;
CREATE INDEX logout_token_by_expiry ON public.logout_token USING btree (expires_at);
CREATE INDEX membership_by_created ON public.membership USING btree (account_id, created_at, id) WHERE live;
CREATE INDEX membership_by_person ON public.membership USING btree (person_id, account_id);
CREATE INDEX membership_by_role ON public.membership USING btree (account_id, role_id) WHERE live;
CREATE UNIQUE INDEX membership_of_invitation ON public.membership USING btree (invitation_id) WHERE (invitation_id IS NOT NULL);
CREATE UNIQUE INDEX membership_of_person ON public.membership USING btree (account_id, person_id) WHERE live;
CREATE UNIQUE INDEX person_of_issuer ON public.person USING btree (issuer, subject);
CREATE INDEX role_by_created ON public.role USING btree (account_id, created_at, id) WHERE live;
CREATE INDEX role_by_name ON public.role USING btree (account_id, name COLLATE "C", id) WHERE live;
CREATE UNIQUE INDEX role_name ON public.role USING btree (account_id, folded_name) WHERE live;
CREATE UNIQUE INDEX role_name_skeleton ON public.role USING btree (account_id, name_skeleton) WHERE (live AND (skeleton_of = name));
CREATE INDEX role_without_skeleton ON public.role USING btree (id) WHERE (live AND (skeleton_of IS DISTINCT FROM name));
CREATE INDEX session_by_expiry ON public.session USING btree (expires_at);
CREATE INDEX session_of_key ON public.session USING btree (api_key_id, created_at);
CREATE INDEX sign_in_link_by_expiry ON public.sign_in_link USING btree (expires_at);
CREATE UNIQUE INDEX tag_key_signs ON public.tag_key USING btree (signs) WHERE signs;
CREATE INDEX user_request_by_time ON public.user_request USING btree (created_at);
CREATE INDEX user_session_by_expiry ON public.user_session USING btree (expires_at);
CREATE INDEX user_session_of_membership ON public.user_session USING btree (membership_id, created_at);
CREATE INDEX user_session_of_provider ON public.user_session USING btree (provider_session) WHERE (provider_session IS NOT NULL);

CREATE STATISTICS public.api_key_expiry ON COALESCE(expires_at, 'infinity'::timestamp with time zone) FROM api_key;

CREATE OR REPLACE FUNCTION public.fold_word(word text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select left(normalize(replace(translate(
    lower(upper(lower(normalize(word, NFC) collate "und-x-icu"))), E'\u03c2', E'\u03c3'), E'i\u0307', 'i'), NFC), 40)
$function$;
CREATE OR REPLACE FUNCTION public.set_allow_list_version()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.version := gen_random_uuid();
  return new;
end $function$;
CREATE OR REPLACE FUNCTION public.set_api_key_words()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  delete from api_key_word where api_key_id = new.id;
  insert into api_key_word (api_key_id, word, account_id)
  select new.id, word, new.account_id from words_of(new.name || ' ' || new.description) as word;
  return null;
end $function$;
CREATE OR REPLACE FUNCTION public.words_of(given text)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE
AS $function$
  select distinct fold_word(word)
  from regexp_split_to_table(given, '[^0-9A-Za-z\u00c0-\u1fff\u2070-\u2fff\u3040-\U0010ffff]+') as word
  where word <> ''
$function$;

CREATE TRIGGER allow_list_version BEFORE UPDATE ON public.allow_list FOR EACH ROW WHEN ((old.entries IS DISTINCT FROM new.entries)) EXECUTE FUNCTION set_allow_list_version();
CREATE TRIGGER api_key_words_of_changed AFTER UPDATE ON public.api_key FOR EACH ROW WHEN (((old.name IS DISTINCT FROM new.name) OR (old.description IS DISTINCT FROM new.description))) EXECUTE FUNCTION set_api_key_words();
CREATE TRIGGER api_key_words_of_new AFTER INSERT ON public.api_key FOR EACH ROW EXECUTE FUNCTION set_api_key_words();
