-- Aeon's public API knows one project an account. The default serves the version before, which knows of none.
alter table account add column project_id uuid not null default gen_random_uuid();
create unique index account_project on account (project_id);
