-- What a name looks like is unique too (docs/decisions/0014-names-that-look-the-same.md). The service works it
-- out by Unicode's tables, which PostgreSQL does not have: it fills in what is there already. A skeleton counts
-- only while it is that of the name (`skeleton_of`): the version before gives names without one.

alter table api_key add column name_skeleton text collate "C", add column skeleton_of text collate "C";
alter table role add column name_skeleton text, add column skeleton_of text;
alter table allow_list add column name_skeleton text, add column skeleton_of text;

create unique index api_key_name_skeleton on api_key (account_id, name_skeleton)
  where live and skeleton_of = name;
create unique index role_name_skeleton on role (account_id, name_skeleton)
  where live and skeleton_of = name;
create unique index allow_list_name_skeleton on allow_list (account_id, name_skeleton)
  where live and skeleton_of = name;

-- Whose skeleton is still to be worked out, or was another's first.
create index api_key_without_skeleton on api_key (id) where live and skeleton_of is distinct from name;
create index role_without_skeleton on role (id) where live and skeleton_of is distinct from name;
create index allow_list_without_skeleton on allow_list (id) where live and skeleton_of is distinct from name;
