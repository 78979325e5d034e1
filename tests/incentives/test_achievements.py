"""Definitions of achievements, counts, levels, repeats and cycles (incentives-status 6 and 7)."""

import pytest

from omneo_api.foundation.jobs import execute

pytestmark = pytest.mark.anyio


def levels(*triggers, every=None, multiple=False):
    """Levels at those scores, the last one repeating."""
    made = [
        {"name": f"L{place}", "display_number": place, "trigger": trigger, "allow_multiple_earn": multiple}
        for place, trigger in enumerate(triggers, 1)
    ]
    if every:
        made[-1] |= {"repeats": True, "repeat_interval": every}
    return made


class Board:
    """One profile and its achievements."""

    def __init__(self, shop, profile):
        self.shop, self.profile = shop, profile
        self.path = f"/profiles/{profile}/achievements"

    async def define(self, handle, level_list, **more):
        body = {"name": handle, "handle": handle, "is_published": True, "levels": level_list, **more}
        return (await self.shop.post("/achievements/definitions", body))["data"]

    async def count(self, definition, count=1, status=201, **more):
        body = {"definition_id": definition["id"], "count": count, **more}
        answer = await self.shop.post(self.path, body, status=status)
        return answer["data"] if status == 201 else answer["errors"]

    async def progress(self, definition):
        return (await self.shop.get(f"{self.path}/{definition['id']}"))["data"]["progress"]

    async def shown(self, definition):
        """Level number, next trigger and what remains."""
        told = await self.progress(definition)
        if told == []:
            return None
        level, following = told["current_level"], told["next_level"]
        return (
            level and level["computed_display_number"],
            following and following["computed_trigger"],
            told["next_level_remain"],
        )

    async def events(self):
        """The achievement events so far, with the level's number, and no others from then on."""
        rows = await self.shop.sql(
            "SELECT e.id, e.name, c.context FROM events e LEFT JOIN event_contexts c ON c.event_id = e.id"
            " WHERE e.tenant_id = %s AND e.name LIKE 'achievement.%%' AND e.id > %s ORDER BY e.id",
            self.shop.tenant.id,
            self.seen,
        )
        self.seen = rows[-1][0] if rows else self.seen
        return [
            (name.split(".")[1], *([context["level"]["computed_trigger"]] if context["level"] else []))
            for _, name, context in rows
        ]

    seen = 0


async def board(shop, listen=True):
    profile = (await shop.post("/profiles", {"email": "a@example.com", "first_name": "Ada"}))["data"]
    if listen:
        for name in ("progressed", "unlocked", "lost"):
            await shop.post("/triggers", {"name": name, "trigger": f"achievement.{name}"})
    return Board(shop, profile["id"])


async def close(shop):
    await execute(shop.database, "incentives.achievements.close", {"tenant": shop.handle})


async def test_a_definition_lives_with_its_levels(shop, other_shop):
    region = (await shop.post("/regions", {"name": "ANZ", "handle": "anz"}))["data"]
    made = (
        await shop.post(
            "/achievements/definitions",
            {
                "name": "Store visits",
                "handle": "store-visits",
                "starts_at": "2025-03-10",
                "region_id": region["id"],
                "tags": ["shop floor"],
                "levels": [
                    {"name": "Regular", "display_number": 2, "trigger": 20, "repeats": 1, "repeat_interval": "10"},
                    {"name": None, "display_number": 1, "trigger": 10, "meta": {"unlocks": [{"id": "coffee"}]}},
                ],
            },
        )
    )["data"]
    assert list(made) == [
        "id",
        "name",
        "handle",
        "description",
        "internal_notes",
        "type",
        "starts_at",
        "ends_at",
        "is_published",
        "display_level",
        "display_option",
        "short_description",
        "long_description",
        "terms_conditions",
        "earn_instructions",
        "icon",
        "image_url",
        "levels",
        "tags",
        "meta",
        "period",
        "timezone",
        "enable_annual_earn_cycle",
        "region_id",
        "region",
        "currency",
        "created_at",
        "updated_at",
    ]
    assert (made["starts_at"], made["ends_at"]) == ("2025-03-10T00:00:00.000000Z", None)
    assert (made["is_published"], made["display_level"], made["display_option"]) == (False, True, "visible")
    assert (made["region"], made["tags"]) == ({"id": region["id"], "name": "ANZ", "handle": "anz"}, ["shop-floor"])
    assert made["levels"][0] == {
        "id": made["levels"][0]["id"],
        "name": None,
        "achievement_definition_id": made["id"],
        "display_number": 1,
        "description": None,
        "trigger": 10,
        "repeats": False,
        "repeat_interval": None,
        "allow_multiple_earn": False,
        "computed_display_number": None,
        "computed_trigger": None,
        "meta": {"unlocks": [{"id": "coffee"}]},
    }
    path = f"/achievements/definitions/{made['id']}"
    for other in (path, "/achievements/definitions/Store-Visits", f"/achievement-definitions/{made['id']}"):
        assert (await shop.get(other))["data"] == made
    await other_shop.get(path, status=404)
    for name, value in (
        ("handle", "STORE-visits"),
        ("starts_at", "2025-03-10"),
        ("tags.handle", "shop-floor"),
        ("display_option", "visible"),
        ("enable_annual_earn_cycle", "0"),
        ("region_id", region["id"]),
        ("json_contains", '{"x":1}'),
    ):
        page = await shop.get("/achievements/definitions", params={f"filter[{name}]": value})
        assert page["meta"]["total"] == (0 if name == "json_contains" else 1), name
    first, second = (level["id"] for level in made["levels"])
    changed = (
        await shop.put(
            path,
            {
                "handle": "x",
                "levels": [
                    {"id": second, "name": "Top", "display_number": 3, "trigger": 10},
                    {"name": "Start", "display_number": 1, "trigger": 5},
                    {"name": "New", "display_number": 9, "trigger": 90},
                ],
            },
        )
    )["data"]
    told = [(level["id"], level["name"], level["trigger"], level["repeats"]) for level in changed["levels"]]
    assert told[:2] == [(first, "Start", 5, False), (second, "Top", 10, True)]
    assert told[2][0] not in (first, second)
    assert changed["handle"] == "store-visits"
    swapped = [{**level, "trigger": {5: 10, 10: 5}.get(level["trigger"], 90)} for level in changed["levels"]]
    told = (await shop.put(path, {"levels": swapped}))["data"]["levels"]
    assert [level["id"] for level in told] == [second, first, told[2]["id"]]
    again = (await shop.put(path, {"levels": told, "name": "Store visits"}))["data"]
    rows = await shop.sql(
        "SELECT count(*) FROM audits WHERE tenant_id = %s AND auditable_id = %s", shop.tenant.id, made["id"]
    )
    assert (await shop.put(path, again))["data"] == again
    assert rows == await shop.sql(
        "SELECT count(*) FROM audits WHERE tenant_id = %s AND auditable_id = %s", shop.tenant.id, made["id"]
    )
    assert (await shop.put(path, {"levels": None}))["data"]["levels"] == []
    await shop.delete(path)
    await shop.delete(path, status=404)
    await shop.get(path, status=404)
    await shop.post("/achievements/definitions", {"name": "n", "handle": "store-visits"})


async def test_what_a_definition_may_not_be(shop):
    await shop.post("/achievements/definitions", {"name": "n", "handle": "taken"})
    level = {"name": "L", "display_number": 1, "trigger": 1}
    required = "The {} field is required."
    for body, errors in (
        ({}, {"name": required.format("name"), "handle": required.format("handle")}),
        ({"handle": "Taken"}, {"handle": "The handle has already been taken."}),
        ({"handle": "a b"}, {"handle": "The handle field format is invalid."}),
        ({"display_option": "x"}, {"display_option": "The selected display option is invalid."}),
        ({"period": 7}, {"period": "The selected period is invalid."}),
        ({"timezone": "Mars"}, {"timezone": "The timezone field must be a valid timezone."}),
        ({"region_id": 999}, {"region_id": "The selected region id is invalid."}),
        ({"icon": "x"}, {"icon": "The icon field must be a valid URL."}),
        (
            {"starts_at": "2025-01-02", "ends_at": "2025-01-01"},
            {"ends_at": "The ends at field must be a date after or equal to starts at."},
        ),
        (
            {"period": "daily", "enable_annual_earn_cycle": True},
            {
                "enable_annual_earn_cycle": "The enable annual earn cycle field must not be set together with period.",
            },
        ),
        (
            {"levels": [{}]},
            {f"levels.0.{name}": required.format(f"levels.0.{name.replace('_', ' ')}") for name in level},
        ),
        ({"levels": [{**level, "trigger": 0}]}, {"levels.0.trigger": "The levels.0.trigger field must be at least 1."}),
        (
            {"levels": [{**level, "repeats": True}]},
            {"levels.0.repeat_interval": required.format("levels.0.repeat interval")},
        ),
        (
            {"levels": [level, {**level, "display_number": 2}]},
            {"levels.1.trigger": "The levels.1.trigger field has a duplicate value."},
        ),
    ):
        sent = {"name": "n", "handle": "h", **body} if body else body
        answer = await shop.post("/achievements/definitions", sent, status=422)
        assert answer == {
            "message": "The given data was invalid.",
            "errors": {name: [text] for name, text in errors.items()},
        }, body


@pytest.mark.parametrize(
    ("triggers", "every", "table"),
    [
        (
            (10,),
            10,
            {0: (None, 10, 10), 9: (None, 10, 1), 10: (1, 20, 10), 19: (1, 20, 1), 20: (2, 30, 10), 35: (3, 40, 5)},
        ),
        (
            (1, 5, 10, 25, 50),
            50,
            {
                1: (1, 5, 4),
                4: (1, 5, 1),
                5: (2, 10, 5),
                24: (3, 25, 1),
                50: (5, 100, 50),
                99: (5, 100, 1),
                100: (6, 150, 50),
                150: (7, 200, 50),
                230: (8, 250, 20),
            },
        ),
        ((1,), None, {0: (None, 1, 1), 1: (1, None, None), 7: (1, None, None)}),
    ],
)
async def test_scores_become_levels(shop, triggers, every, table):
    """The tables A1 to A3 of the contract, walked upwards on one profile."""
    mine = await board(shop, listen=False)
    made = await mine.define("d", levels(*triggers, every=every))
    assert await mine.shown(made) is None
    score = 0
    for target, expected in table.items():
        if target == 0:
            await mine.count(made, 1, issued_at="2999-01-01")
        else:
            await mine.count(made, target - score)
        score = target
        assert await mine.shown(made) == expected, target
        told = await mine.progress(made)
        assert (told["current_score"], told["current_cycle_score"]) == (score, score)
        assert told["current_remain"] == (told["next_level_remain"] or 0)


async def test_events_and_the_whole_shape(shop, jobs):
    """A4, A7 and the example of 7.5."""
    mine = await board(shop)
    two = await mine.define("two", levels(100, 250))
    await mine.count(two, 200)
    assert await mine.shown(two) == (1, 250, 50)
    assert await mine.events() == [("progressed",), ("unlocked", 100)]
    ladder = await mine.define("ladder", levels(1, 5, 10, 25, 50, every=50))
    await mine.count(ladder, 60)
    assert await mine.events() == [("progressed",), *(("unlocked", trigger) for trigger in (1, 5, 10, 25, 50))]
    tens = await mine.define("tens", levels(10, every=10))
    await mine.count(tens, 12)
    await mine.events()
    point = await mine.count(tens, -5, meta={"manual": True})
    assert await mine.shown(tens) == (1, 20, 13)
    assert await mine.events() == [("progressed",)]
    await mine.count(tens, -20)
    assert await mine.shown(tens) == (1, 20, 20)
    await mine.count(tens, 38)
    assert [row[-1] for row in await mine.events()] == ["progressed", "progressed", 20]
    (level,) = tens["levels"]
    told = await mine.progress(tens)
    assert list(told) == [
        "id",
        "profile_id",
        "definition_id",
        "current_level_id",
        "prev_level_id",
        "next_level_id",
        "next_level_remain",
        "current_remain",
        "current_score",
        "current_cycle_score",
        "current_credit",
        "prev_credit",
        "used_score",
        "achieved_at",
        "anniversary_at",
        "created_at",
        "updated_at",
        "current_level",
        "next_level",
        "prev_level",
    ]
    for place, number in (("prev", 1), ("current", 2), ("next", 3)):
        assert told[f"{place}_level_id"] == level["id"]
        assert told[f"{place}_level"] == {
            **level,
            "computed_display_number": number,
            "computed_trigger": 10 * number,
        }
    assert (told["current_score"], told["next_level_remain"], told["used_score"]) == (25, 5, 0)
    ((context,),) = await shop.sql(
        "SELECT c.context FROM event_contexts c JOIN events e ON e.id = c.event_id WHERE e.id = %s", mine.seen
    )
    assert context["count"] == 38
    assert {name: context[name] for name in told} == told
    assert context["definition"] == tens
    assert context["level"]["computed_trigger"] == 20
    assert (context["profile"]["first_name"], context["profile_id"]) == ("Ada", mine.profile)
    whole = (await shop.get(f"/profiles/{mine.profile}"))["data"]
    del whole["aggregations"]
    shown = await shop.get(f"{mine.path}/tens/achievement-points", params={"page[size]": 3})
    assert (shown["meta"]["total"], [row["count"] for row in shown["data"]]) == (4, [38, -20, -5])
    assert shown["data"][2] == point
    assert point == {
        "id": point["id"],
        "profile_id": mine.profile,
        "definition_id": tens["id"],
        "count": -5,
        "issued_at": point["created_at"],
        "expires_at": None,
        "source_type": None,
        "source_id": None,
        "meta": {"manual": True},
        "profile": whole,
        "created_at": point["created_at"],
        "updated_at": point["created_at"],
    }
