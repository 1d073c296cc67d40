#!/bin/sh
# Run once by the image of PostgreSQL, on an empty volume: the owner of the tables, and the role of
# the service, which can neither create tables nor change entries of the audit log.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  -v owner_password="$OWNER_PASSWORD" -v service_password="$SERVICE_PASSWORD" <<'SQL'
create role aeon_owner login password :'owner_password';
create role aeon_service login password :'service_password';
create database aeon_keys owner aeon_owner encoding 'UTF8' template template0;
revoke all on database aeon_keys from public;
grant connect on database aeon_keys to aeon_service;
SQL
