-- The words of the names and descriptions of keys, by whose beginnings lists are searched. Triggers write them, so
-- that an instance of the version before, which does not know them, writes them too; keys that exist already are
-- filled in by the service, a batch at a time (src/store/search-words.ts).

create table if not exists api_key_word (
  api_key_id uuid not null,
  word text collate "C" not null,
  account_id uuid not null,
  primary key (api_key_id, word)
);
create index if not exists api_key_word_by_word on api_key_word (account_id, word, api_key_id);

-- What the roles of an account are used by is counted from the index alone.
create index if not exists api_key_live_by_role on api_key (account_id, role_id) include (expires_at) where live;

-- Words are what stands between punctuation and white space (src/domain/search.ts splits a search likewise). A word
-- of an index must not be long.
create or replace function words_of(given text) returns setof text language sql stable as $$
  select distinct left(word, 40)
  from regexp_split_to_table(lower(given), '[^0-9A-Za-z\u00c0-\u1fff\u2070-\u2fff\u3040-\U0010ffff]+') as word
  where word <> ''
$$;

create or replace function set_api_key_words() returns trigger language plpgsql as $$
begin
  delete from api_key_word where api_key_id = new.id;
  insert into api_key_word (api_key_id, word, account_id)
  select new.id, word, new.account_id from words_of(new.name || ' ' || new.description) as word;
  return null;
end $$;

drop trigger if exists api_key_words_of_new on api_key;
create trigger api_key_words_of_new after insert on api_key
  for each row execute function set_api_key_words();
drop trigger if exists api_key_words_of_changed on api_key;
create trigger api_key_words_of_changed after update on api_key
  for each row when (old.name is distinct from new.name or old.description is distinct from new.description)
  execute function set_api_key_words();

insert into sweep (name, swept_to, swept_id)
values ('search_words', 'epoch', '00000000-0000-0000-0000-000000000000') on conflict do nothing;
