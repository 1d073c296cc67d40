-- The invitation by whose redemption a person became a user: to the clients of Aeon its id stays that of the user. No
-- reference: invitations are deleted 30 days after they expire, and their ids are kept by the clients.
alter table membership add column if not exists invitation_id uuid;
create unique index if not exists membership_of_invitation on membership (invitation_id) where invitation_id is not null;
