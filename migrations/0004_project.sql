-- A project belongs to one account.
create unique index if not exists account_project on account (project_id);
