-- Which bulk acts a key was part of.
create index if not exists audit_event_key_by_key on audit_event_key (account_id, api_key_id, number);
