-- What a name looks like is unique too (docs/decisions/0014-names-that-look-the-same.md). The service works it
-- out by Unicode's tables, which PostgreSQL does not have: it fills in what is there already. A skeleton counts
-- only while it is that of the name (`skeleton_of`): the version before gives names without one.

create unique index if not exists api_key_name_skeleton on api_key (account_id, name_skeleton)
  where live and skeleton_of = name;
create unique index if not exists role_name_skeleton on role (account_id, name_skeleton)
  where live and skeleton_of = name;
create unique index if not exists allow_list_name_skeleton on allow_list (account_id, name_skeleton)
  where live and skeleton_of = name;

-- Whose skeleton is still to be worked out, or was another's first.
create index if not exists api_key_without_skeleton on api_key (id asc)
  where live and skeleton_of is distinct from name;
create index if not exists role_without_skeleton on role (id asc)
  where live and skeleton_of is distinct from name;
create index if not exists allow_list_without_skeleton on allow_list (id asc)
  where live and skeleton_of is distinct from name;
