-- When the person last signed in to this account: what a provider says of a person is shown in an account only since. Null:
-- never, or only by a version that does not record it; then the next sign-in does.
alter table membership add column if not exists signed_in_at timestamptz;

-- Sessions are deleted some time after they expire, so that earlier sign-ins are not known.
update membership set signed_in_at = coalesce(
    (select max(user_session.created_at) from user_session where user_session.membership_id = membership.id),
    case when membership.invitation_id is not null then membership.created_at end)
  where signed_in_at is null and removed_at is null;
