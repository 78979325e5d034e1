"""The figures of a tier as sums over tier points (incentives-status 4.1 to 4.3), in the one form that all use.

Reads, calculations of one profile and the daily maintenance differ in the day for which they ask and in where profile,
cycle and level come from; what is summed is written here and nowhere else. The fragments are SQL with the names of
columns filled in.
"""

NOW = "(SELECT omneo_now())"
TODAY = "(SELECT omneo_now()::date)"
YEAR = "interval '1 year'"


def program_of(profile: str) -> str:
    """The program of a profile: that of its region where the region has levels, else the global one."""
    return f"""
        coalesce((
            SELECT pr.region_id FROM profile_regions pr
            WHERE pr.profile_id = {profile} AND pr.is_active AND EXISTS (
                SELECT 1 FROM tier_definitions td WHERE td.program = pr.region_id AND td.deleted_at IS NULL)
        ), 0)
    """


def summed(profile: str, day: str, row: str) -> dict[str, str]:
    """By name, what counts of a profile's points `p` on `day`, split at the cycle of `row`.

    rolling: the twelve months up to the day. last_cycle: the twelve months up to the day on which the cycle began.
    progress and achievement: since the cycle began, and since the tier was taken. oldest: the first day in the window.
    newest_id: the highest id of any point of the profile, pending and deleted ones included.
    """

    def in_window(moment: str) -> str:
        return f"p.issued_on <= {moment} AND p.issued_on + {YEAR} > {moment}"

    def since(start: str, boundary: str) -> str:
        return f"p.issued_on <= {day} AND (p.issued_on > {start} OR p.issued_on = {start} AND p.id > {boundary})"

    def total(condition: str) -> str:
        return f"coalesce(sum(p.value) FILTER (WHERE {condition}), 0)::bigint"

    cycle, boundary = f"{row}.cycle_on", f"{row}.cycle_boundary_id"
    own_side = f"NOT (p.issued_on = {cycle} AND p.id > {boundary})"
    return {
        "rolling": total(in_window(day)),
        "last_cycle": total(f"{in_window(cycle)} AND {own_side}"),
        "progress": total(since(cycle, boundary)),
        "achievement": total(since(f"{row}.achieved_on", f"{row}.achieved_boundary_id")),
        "oldest": f"min(p.issued_on) FILTER (WHERE {in_window(day)})",
        "newest_id": f"coalesce((SELECT max(n.id) FROM tier_points n WHERE n.profile_id = {profile}), 0)",
    }


def counted(profile: str, day: str, row: str) -> str:
    """The condition of the points `p` that the sums look at."""
    return f"""
        p.profile_id = {profile} AND p.deleted_at IS NULL AND p.counts_from <= {NOW}
        AND p.issued_on >= least({row}.achieved_on, {row}.cycle_on - 366, {day} - 366)
    """


def sums(profile: str, day: str, row: str) -> str:
    """A select of one row with these sums."""
    columns = ", ".join(f"{sql} AS {name}" for name, sql in summed(profile, day, row).items())
    return f"SELECT {columns} FROM tier_points p WHERE {counted(profile, day, row)}"


def credit(level: str, figures: str) -> str:
    """Overshoot at the start of the cycle; none at the floor and where the level gives none."""
    return f"""
        CASE WHEN {level}.id IS NULL OR {level}.is_floor OR {level}.disable_credit THEN 0
             ELSE greatest({figures}.last_cycle - {level}.value_min, 0) END
    """


def keep(level: str) -> str:
    """What keeping the level takes."""
    return f"coalesce({level}.value_maintain, {level}.value_min)"


def progress(level: str, figures: str) -> str:
    return f"CASE WHEN {level}.id IS NULL THEN 0 ELSE {figures}.progress END"


def remain(level: str, figures: str) -> str:
    return f"""
        CASE WHEN {level}.id IS NULL OR {level}.is_floor THEN 0
             ELSE greatest({keep(level)} - ({credit(level, figures)}) - {figures}.progress, 0) END
    """


def end_of(day: str) -> str:
    """The last second of a day in its wire form."""
    return f"(({day})::text || ' 23:59:59')"


def start_of(day: str) -> str:
    return f"(({day})::text || ' 00:00:00')"
