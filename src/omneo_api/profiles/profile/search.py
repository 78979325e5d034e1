"""Search that forgives typos, accents and word order (profiles 1.6, README decision 15).

The words of a profile (names, e-mail, numbers, identifiers) are kept in a table of their own, so that a profile's
other changes do not touch the trigram index. Row-level security keeps the planner from using that index, because
neither LIKE nor the trigram operators are leakproof; so a function of the tables' owner searches, and asks for the
session's tenant itself.

A search goes from strict to lenient and stops as soon as it has found enough: keys, whole words, any part (where
words begin, first), similar words. So the best come first, and a common name does not make the database weigh a
million rows.
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
"""How many similar ones are weighed at most: comparing costs more than finding."""

_STORE = """
    INSERT INTO profile_searches (tenant_id, profile_id, words)
    SELECT p.tenant_id, p.id, CASE WHEN p.deleted_at IS NULL THEN omneo_fold(concat_ws(' ',
               '', p.first_name, p.last_name, p.email, ltrim(p.mobile_phone, '+'), p.mobile_phone_national_prefix,
               ltrim(p.secondary_phone, '+'),
               (SELECT string_agg(i.identifier, ' ' ORDER BY i.id) FROM identities i
                WHERE i.tenant_id = p.tenant_id AND i.profile_id = p.id), '')) ELSE '' END
    FROM profiles p WHERE (p.tenant_id, p.id) IN ({rows})
    ON CONFLICT (tenant_id, profile_id) DO UPDATE SET words = excluded.words
    WHERE profile_searches.words <> excluded.words
"""
_INDEX = f"""
CREATE OR REPLACE FUNCTION omneo_index_profiles() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    IF TG_LEVEL = 'STATEMENT' AND TG_TABLE_NAME = 'profiles' THEN
        {_STORE.format(rows="SELECT c.tenant_id, c.id FROM changed c")};
    ELSIF TG_LEVEL = 'STATEMENT' THEN
        {_STORE.format(rows="SELECT c.tenant_id, c.profile_id FROM changed c")};
    ELSIF TG_TABLE_NAME = 'profiles' THEN
        {_STORE.format(rows="SELECT NEW.tenant_id, NEW.id")};
    ELSE
        {_STORE.format(rows="SELECT NEW.tenant_id, NEW.profile_id UNION SELECT OLD.tenant_id, OLD.profile_id")};
    END IF;
    RETURN NULL;
END $$
"""
_SEARCH = f"""
CREATE OR REPLACE FUNCTION omneo_search_profiles(query text) RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public SET pg_trgm.word_similarity_threshold = 0.6 AS $$
DECLARE
    plain text := left(omneo_fold(query), 200);
    words text[] := (SELECT array_agg(w) FROM (
        SELECT ltrim(part, '+') AS w FROM regexp_split_to_table(plain, '\\s+') part WHERE ltrim(part, '+') <> ''
        LIMIT 8) AS first);
    ids uuid[] := '{{}}';
    more uuid[];
    conditions text;
BEGIN
    IF words IS NULL THEN RETURN ids; END IF;
    -- One slip spoils some four trigrams, which is half of a short word and little of a long one.
    PERFORM set_config('pg_trgm.word_similarity_threshold', min(CASE
        WHEN length(w) < 6 THEN 0.45 WHEN length(w) < 9 THEN 0.5 ELSE 0.55 END)::text, true)
    FROM (SELECT split_part(part, '@', 1) AS w FROM unnest(words) part) AS locals;
    -- A whole address, number or identifier is found by its key.
    IF cardinality(words) = 1 AND words[1] ~ '[0-9@]' THEN
        SELECT array_agg(f.id) INTO more FROM (
            SELECT p.id FROM profiles p WHERE p.tenant_id = omneo_tenant() AND p.email = words[1]
                AND p.deleted_at IS NULL
            UNION SELECT p.id FROM profiles p WHERE p.tenant_id = omneo_tenant() AND p.mobile_phone = '+' || words[1]
                AND p.deleted_at IS NULL
            UNION SELECT i.profile_id FROM identities i WHERE i.tenant_id = omneo_tenant()
                AND i.identifier_key = words[1] AND i.is_live) f;
        IF more IS NOT NULL THEN RETURN more; END IF;
    END IF;
    FOR stage IN 1..3 LOOP
        EXIT WHEN cardinality(ids) >= {MOST} OR stage = 3 AND (
            cardinality(ids) >= {ENOUGH} OR plain ~ '^[0-9+ ]*$'
            OR ids <> '{{}}' AND (plain ~ '[0-9@]' OR cardinality(words) > 1));
        SELECT string_agg(CASE
            WHEN stage = 1 THEN format('s.words LIKE %L', '% ' || e || ' %')
            WHEN length(w) < 3 THEN format('s.words LIKE %L', '% ' || e || '%')
            WHEN stage = 2 THEN format('s.words LIKE %L', '%' || e || '%')
            ELSE format('(s.words LIKE %L OR %L <%% s.words)', '%' || e || '%', split_part(w, '@', 1)) END, ' AND ')
        INTO conditions FROM (
            SELECT w, regexp_replace(w, '([\\%_])', '\\\1', 'g') AS e FROM unnest(words) w) AS each;
        EXECUTE format(
            'SELECT array_agg(f.profile_id ORDER BY f.rank, f.profile_id) FROM ('
            '  SELECT s.profile_id, %s AS rank'
            '  FROM profile_searches s WHERE s.tenant_id = $2 AND %s AND s.profile_id <> ALL ($3) LIMIT $4) f',
            CASE WHEN stage = 3 THEN '1 - word_similarity($1, s.words)'
                 ELSE 'CASE WHEN strpos(s.words, '' '' || $1) > 0 THEN 0 ELSE 1000 END + strpos(s.words, $1)' END,
            conditions)
        INTO more USING CASE WHEN stage = 3 THEN plain ELSE words[1] END, omneo_tenant(), ids,
            least({MOST} - cardinality(ids), CASE WHEN stage = 3 THEN {SIMILAR} ELSE {MOST} END);
        ids := ids || coalesce(more, '{{}}');
    END LOOP;
    RETURN ids;
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
    derived_sql: ClassVar[tuple[str, ...]] = (_INDEX, _SEARCH, *_triggers())

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
