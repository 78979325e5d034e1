"""Search that forgives typos, accents and word order (profiles 1.6, README decision 15).

The words of a profile (names, e-mail, numbers, identifiers) are kept in a table of their own, so that a profile's
other changes do not touch the trigram index. Row-level security keeps the planner from using that index, because
neither LIKE nor the trigram operators are leakproof; so a function of the tables' owner searches, and asks for the
session's tenant itself.

A search goes from strict to lenient and stops as soon as it has found enough: keys, every word as a part (whole words
first, then where words begin), words with a slip. So the best come first, and a common name does not make the database
weigh a million rows.

The index is asked for single trigrams, each in a condition of its own: PostgreSQL then leaps from list to list, while
of one long pattern it would read the longest list whole. Of the longest piece the last trigrams come first, as names
and numbers differ there. Words with a slip are found without weighing what is merely similar: whatever one slip spoils,
the rest of the word stands before and behind it (docs/search.md has the figures).
"""

import uuid
from typing import Any, ClassVar

from sqlalchemy import ARRAY, Index, Text, any_, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Tenanted, belongs_to

MOST = 1000
"""How many profiles a search finds at most."""
ENOUGH = 10
"""With so many exact hits nobody is asked for similar words; with one, nobody similar to a full name, an
address or a code."""
SIMILAR = 200
"""How many similar ones are found at most."""
WEIGHED = 250
"""How many are compared with a misspelt word for each place of the slip: comparing costs more than finding."""

_STORE = """
    INSERT INTO profile_searches (tenant_id, profile_id, words)
    SELECT p.tenant_id, p.id, CASE WHEN p.deleted_at IS NULL THEN omneo_fold(concat_ws(' ',
               '', p.first_name, p.last_name, p.email, ltrim(p.mobile_phone, '+'), p.mobile_phone_national_prefix,
               ltrim(p.secondary_phone, '+'),
               (SELECT string_agg(i.identifier, ' ' ORDER BY i.id) FROM identities i
                WHERE i.tenant_id = p.tenant_id AND i.profile_id = p.id), '')) ELSE '' END
    FROM {rows}
    ON CONFLICT (tenant_id, profile_id) DO UPDATE SET words = excluded.words
    WHERE profile_searches.words <> excluded.words
"""
# Each profile is looked up by itself: a plan that joins, made while there were a dozen, would read all of them later.
_LOOKED_UP = """
    ({rows}) AS c CROSS JOIN LATERAL (
        SELECT * FROM profiles x WHERE x.tenant_id = c.tenant_id AND x.id = c.id OFFSET 0) AS p
"""
_BOTH_OWNERS = """
    SELECT NEW.tenant_id AS tenant_id, NEW.profile_id AS id UNION SELECT OLD.tenant_id, OLD.profile_id
"""
_INDEX = f"""
CREATE OR REPLACE FUNCTION omneo_index_profiles() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    IF TG_LEVEL = 'STATEMENT' AND TG_TABLE_NAME = 'profiles' THEN
        {_STORE.format(rows="changed AS p")};
    ELSIF TG_LEVEL = 'STATEMENT' THEN
        {_STORE.format(rows=_LOOKED_UP.format(rows="SELECT DISTINCT tenant_id, profile_id AS id FROM changed"))};
    ELSIF TG_TABLE_NAME = 'profiles' THEN
        {_STORE.format(rows="(SELECT NEW.*) AS p")};
    ELSE
        {_STORE.format(rows=_LOOKED_UP.format(rows=_BOTH_OWNERS))};
    END IF;
    RETURN NULL;
END $$
"""
_GRAMS = r"""
CREATE OR REPLACE FUNCTION omneo_search_grams(pieces text[], most int) RETURNS text LANGUAGE sql IMMUTABLE STRICT
SET search_path = public AS $$
    SELECT string_agg(format('s.words LIKE %L', '%' || regexp_replace(gram, '([\\%_])', '\\\1', 'g') || '%'), ' AND '
                      ORDER BY size DESC, at DESC)
    FROM (SELECT substr(piece, at, 3) AS gram, length(piece) AS size, at
          FROM unnest(pieces) AS piece,
               generate_series(greatest(1, length(piece) - 1 - most), greatest(1, length(piece) - 2)) AS at) AS grams
$$
"""
_HOLDS = """
CREATE OR REPLACE FUNCTION omneo_search_holds(pieces text[]) RETURNS text LANGUAGE sql IMMUTABLE STRICT
SET search_path = public AS $$
    SELECT string_agg(format('strpos(s.words, %L) > 0', piece), ' AND ') FROM unnest(pieces) AS piece
$$
"""
_SLIP = r"""
CREATE OR REPLACE FUNCTION omneo_search_slip(word text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
SET search_path = public AS $$
    SELECT format('(strpos(s.words, %L) > 0 OR s.words ~ %L)', word, ' (' || string_agg(concat_ws('|',
        head || '[^ @]?' || omneo_search_quote(substr(word, at + 1)),
        head || '[^ @]' || omneo_search_quote(substr(word, at)),
        head || omneo_search_quote(substr(word, at + 1, 1) || substr(word, at, 1) || substr(word, at + 2))), '|')
        || '|' || omneo_search_quote(word) || '[^ @])[ @]')
    FROM generate_series(1, length(word)) AS at, omneo_search_quote(left(word, at - 1)) AS head
$$
"""
_QUOTE = r"""
CREATE OR REPLACE FUNCTION omneo_search_quote(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
SET search_path = public AS $$ SELECT regexp_replace(value, '([^a-z0-9 ])', '\\\1', 'g') $$
"""
_LOOKUPS = """
CREATE OR REPLACE FUNCTION omneo_search_lookups(words text[]) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = public AS $$
DECLARE
    arms text[] := ARRAY['s.tenant_id = $2'];
    word text;
    name text;
    ending text;
    size int;
    slices int;
    slipping int := 3;
BEGIN
    FOREACH word IN ARRAY words LOOP
        name := split_part(word, '@', 1);
        ending := CASE WHEN strpos(word, '@') > 0 THEN '@' ELSE ' ' END;
        size := length(name);
        IF size < 4 OR name ~ '^[0-9]*$' OR slipping = 0 THEN
            name := CASE WHEN size < 3 THEN ' ' ELSE '' END || name || rtrim(ending);
            arms := ARRAY(SELECT concat_ws(' AND ', arm, omneo_search_grams(ARRAY[name], 5),
                                           omneo_search_holds(ARRAY[name])) FROM unnest(arms) AS arm);
            CONTINUE;
        END IF;
        slipping := slipping - 1;
        slices := CASE WHEN cardinality(words) > 1 THEN 2 ELSE least(size / 2, 6) END;
        arms := ARRAY(
            SELECT concat_ws(' AND ', arm, omneo_search_grams(pieces, 5), omneo_search_holds(pieces))
            FROM unnest(arms) AS arm, (
                SELECT array_remove(ARRAY[CASE WHEN first > 1 THEN ' ' || left(name, first) END,
                    CASE WHEN size - last > 1 THEN right(name, size - last) || ending END], NULL) AS pieces
                FROM (SELECT size * slice / slices AS first, size * (slice + 1) / slices + 1 AS last
                      FROM generate_series(0, slices - 1) AS slice) AS sliced) AS intact
            WHERE pieces <> '{}');
    END LOOP;
    RETURN arms;
END $$
"""
_SEARCH = rf"""
CREATE OR REPLACE FUNCTION omneo_search_profiles(query text) RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public AS $$
DECLARE
    plain text := left(omneo_fold(query), 200);
    words text[] := (SELECT array_agg(w) FROM (
        SELECT ltrim(part, '+') AS w FROM regexp_split_to_table(plain, '\s+') part WHERE part ~ '[[:alnum:]]'
        LIMIT 8) AS first);
    whole text[] := (SELECT array_agg(' ' || w || ' ') FROM unnest(words) w);
    names text[] := (SELECT array_agg(split_part(w, '@', 1)) FROM unnest(words) w);
    ids uuid[];
    first uuid[];
    has_whole boolean;
BEGIN
    IF words IS NULL THEN RETURN '{{}}'; END IF;
    -- A whole address, number or identifier is found by its key.
    IF cardinality(words) = 1 AND words[1] ~ '[0-9@]' THEN
        SELECT array_agg(f.id) INTO ids FROM (
            SELECT p.id FROM profiles p WHERE p.tenant_id = omneo_tenant() AND p.email = words[1]
                AND p.deleted_at IS NULL
            UNION SELECT p.id FROM profiles p WHERE p.tenant_id = omneo_tenant() AND p.mobile_phone = '+' || words[1]
                AND p.deleted_at IS NULL
            UNION SELECT i.profile_id FROM identities i WHERE i.tenant_id = omneo_tenant()
                AND i.identifier_key = words[1] AND i.is_live) f;
        IF ids IS NOT NULL THEN RETURN ids; END IF;
    END IF;
    -- Every word, as a part. Of an address the index is asked for what stands before the @: the rest is everywhere.
    EXECUTE format(
        'SELECT array_agg(f.profile_id ORDER BY f.rank, f.profile_id), bool_or(f.is_whole) FROM ('
        '  SELECT s.profile_id, %1$s AS is_whole,'
        '         CASE WHEN %1$s THEN 0 WHEN strpos(s.words, '' '' || $1) > 0 THEN 1000 ELSE 2000 END'
        '         + strpos(s.words, $1) AS rank'
        '  FROM profile_searches s WHERE s.tenant_id = $2 AND %2$s AND %3$s LIMIT {MOST}) f',
        omneo_search_holds(whole),
        omneo_search_grams(ARRAY(SELECT CASE WHEN length(w) < 3 THEN ' ' || w
            WHEN strpos(w, '@') > 3 THEN split_part(w, '@', 1) || '@' ELSE w END FROM unnest(words) w), 10),
        omneo_search_holds(ARRAY(SELECT CASE WHEN length(w) < 3 THEN ' ' ELSE '' END || w FROM unnest(words) w)))
    INTO ids, has_whole USING words[1], omneo_tenant();
    ids := coalesce(ids, '{{}}');
    IF cardinality(ids) = {MOST} AND has_whole THEN
        -- Among so many, some with the whole words have been left out: those come first.
        EXECUTE format('SELECT array_agg(f.profile_id) FROM (SELECT s.profile_id FROM profile_searches s'
                       ' WHERE s.tenant_id = $1 AND %s AND %s LIMIT {MOST}) f',
                       omneo_search_grams(whole, 10), omneo_search_holds(whole))
        INTO first USING omneo_tenant();
        RETURN (first || ARRAY(SELECT id FROM unnest(ids) WITH ORDINALITY AS f (id, place)
                               WHERE id <> ALL (first) ORDER BY place))[:{MOST}];
    END IF;
    IF cardinality(ids) >= {ENOUGH} OR plain ~ '^[0-9+ ]*$'
        OR ids <> '{{}}' AND (plain ~ '[0-9@]' OR cardinality(words) > 1) OR ' ' || plain ~ ' @'
    THEN RETURN ids; END IF;
    IF cardinality(words) = 1 AND strpos(plain, '@') > 3 THEN
        -- The same name at another domain comes before any other name.
        EXECUTE format(
            'SELECT array_agg(f.profile_id ORDER BY f.rank, f.profile_id) FROM ('
            '  SELECT s.profile_id, 1 - word_similarity($1, s.words) AS rank'
            '  FROM profile_searches s WHERE s.tenant_id = $2 AND %s AND %s LIMIT {SIMILAR}) f',
            omneo_search_grams(ARRAY[' ' || split_part(words[1], '@', 1) || '@'], 10),
            omneo_search_holds(ARRAY[' ' || split_part(words[1], '@', 1) || '@']))
        INTO ids USING plain, omneo_tenant();
        IF ids IS NOT NULL THEN RETURN ids; END IF;
        ids := '{{}}';
    END IF;
    -- A word with one slip is intact before and behind it: one look-up for each place where the slip may be.
    EXECUTE format(
        'SELECT array_agg(f.profile_id ORDER BY f.rank, f.profile_id) FROM ('
        '  SELECT s.profile_id, CASE WHEN %2$s THEN 1 ELSE 2 END - word_similarity($1, s.words) AS rank'
        '  FROM (%1$s) AS s WHERE s.profile_id <> ALL ($3) AND %3$s ORDER BY 2, 1 LIMIT {SIMILAR}) f',
        (SELECT string_agg('(SELECT s.profile_id, s.words FROM profile_searches s WHERE ' || arm
                           || ' LIMIT {WEIGHED})', ' UNION ') FROM unnest(omneo_search_lookups(words)) AS arm),
        (SELECT string_agg(slip, ' AND ') FROM unnest(names) AS name, omneo_search_slip(name) AS slip),
        (SELECT string_agg(format('(%s OR word_similarity(%L, s.words) >= %s)', omneo_search_slip(name), name,
            CASE WHEN length(name) < 6 THEN 0.45 WHEN length(name) < 9 THEN 0.5 ELSE 0.55 END), ' AND ')
         FROM unnest(names) AS name))
    INTO first USING plain, omneo_tenant(), ids;
    RETURN ids || coalesce(first, '{{}}');
END $$
"""
_WATCHED = ("first_name", "last_name", "email", "mobile_phone", "mobile_phone_national_prefix", "secondary_phone")


def _differs(columns: tuple[str, ...]) -> str:
    old, new = (", ".join(f"{row}.{name}" for name in columns) for row in ("OLD", "NEW"))
    return f"({old}) IS DISTINCT FROM ({new})"


def _triggers() -> tuple[str, ...]:
    watched = {
        "profiles": f"{_differs(_WATCHED)} OR (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL)",
        "identities": _differs(("identifier", "profile_id")),
    }
    statements = []
    for table, condition in watched.items():
        run = "EXECUTE FUNCTION omneo_index_profiles()"
        each = f"REFERENCING NEW TABLE AS changed FOR EACH STATEMENT {run}"
        statements += [
            f"CREATE OR REPLACE TRIGGER search_insert AFTER INSERT ON {table} {each}",
            f"CREATE OR REPLACE TRIGGER search_update AFTER UPDATE ON {table} FOR EACH ROW WHEN ({condition}) {run}",
        ]
    statements.append(
        "CREATE OR REPLACE TRIGGER search_delete AFTER DELETE ON identities "
        "REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION omneo_index_profiles()"
    )
    return tuple(statements)


class ProfileSearch(Tenanted):
    """The folded words of one profile, kept by triggers on the tables that they come from."""

    __tablename__ = "profile_searches"
    __table_args__ = (
        belongs_to("profiles", "profile_id", ondelete="CASCADE"),
        Index("ix_profile_searches_words", "words", postgresql_using="gin", postgresql_ops={"words": "gin_trgm_ops"}),
    )
    derived_sql: ClassVar[tuple[str, ...]] = (_INDEX, _QUOTE, _GRAMS, _HOLDS, _SLIP, _LOOKUPS, _SEARCH, *_triggers())

    profile_id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True)
    words: Mapped[str]


# One common table expression, so that a list's rows, order and total come from one search.
_found = (
    select(func.omneo_search_profiles(bindparam("search", type_=Text), type_=ARRAY(UUID(as_uuid=True))).label("ids"))
    .cte("found_profiles")
    .prefix_with("MATERIALIZED")
)


def _ids() -> Any:
    # Without the cast, ANY would take the subselect for rows to compare with.
    return cast(select(_found.c.ids).scalar_subquery(), ARRAY(UUID(as_uuid=True)))


def matching(profile: Any) -> Any:
    """Whether a profile is among those that the bound `search` finds."""
    return profile.id == any_(_ids())


def best_first(profile: Any) -> list[Any]:
    return [func.array_position(_ids(), profile.id)]
