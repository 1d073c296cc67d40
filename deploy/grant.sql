begin;
grant usage on schema public to aeon_service;
grant select, insert, update, delete on all tables in schema public to aeon_service;
revoke update, delete on audit_event, audit_event_key from aeon_service;
revoke insert, update, delete on kysely_migration, kysely_migration_lock from aeon_service;
commit;
