-- The case of words is folded alike on every database, whatever its locale: columns with the collation "C" folded
-- ASCII alone. All keys are split into words again by the service, a batch at a time (src/store/search-words.ts).

-- Canonical caseless matching (The Unicode Standard, 3.13, D145) by the root locale. In upper and again in lower case
-- sharp s is ss, as in full case folding; capital sharp s becomes a small one first. A final sigma is a sigma, and
-- dotted and dotless i are one letter. A word of an index must not be long.
create or replace function fold_word(word text) returns text language sql immutable parallel safe as $$
  select left(normalize(replace(translate(
    lower(upper(lower(normalize(word, NFC) collate "und-x-icu"))), E'\u03c2', E'\u03c3'), E'i\u0307', 'i'), NFC), 40)
$$;

create or replace function words_of(given text) returns setof text language sql stable as $$
  select distinct fold_word(word)
  from regexp_split_to_table(given, '[^0-9A-Za-z\u00c0-\u1fff\u2070-\u2fff\u3040-\U0010ffff]+') as word
  where word <> ''
$$;

update sweep set swept_id = '00000000-0000-0000-0000-000000000000' where name = 'search_words';
