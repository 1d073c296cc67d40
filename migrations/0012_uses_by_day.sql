-- Uses are indexed by their day, not by their moment, so that writing one down touches no index unless it is
-- the key's first on that day (docs/decisions/0011-uses-are-indexed-by-day.md).
create index if not exists api_key_usage_by_day on api_key_usage (account_id, last_used_day, api_key_id);
-- What was not used for long in the order of its issue is found by the index alone.
create index if not exists api_key_usage_by_created on api_key_usage
  (account_id, created_at, api_key_id, last_used_day);
