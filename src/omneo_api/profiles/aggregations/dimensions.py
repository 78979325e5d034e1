"""The facts that depend on today, as SQL text, written once for the calculation and for reading (profiles 10)."""

RECENCY = ((3, "RC"), (6, "RS"), (12, "RA"), (24, "RI"), (60, "RL"))
JOINED_DAYS = 365


def dimension_recency(last: str, now: str = "omneo_now()") -> str:
    """Write the recency class of the moment `last`: by whole months that have passed since."""
    cases = " ".join(f"WHEN {now} < {last} + interval '{months} months' THEN '{name}'" for months, name in RECENCY)
    return f"CASE WHEN {last} IS NULL THEN 'RO' {cases} ELSE 'RR' END"


def days_since(moment: str, now: str = "omneo_now()") -> str:
    """Write the calendar days (UTC) from a moment until now."""
    return f"({now}::date - {moment}::date)"


def dimension_join(joined: str, now: str = "omneo_now()") -> str:
    """Write the class of membership: a quarter, a year, then J1, J2 and so on for each further year begun."""
    days = days_since(joined, now)
    years = f"((({days}) + {JOINED_DAYS - 1}) / {JOINED_DAYS} - 1)"
    return f"CASE WHEN {days} <= 90 THEN 'JN' WHEN {days} <= {JOINED_DAYS} THEN 'JC' ELSE 'J' || {years} END"


def next_recency(last: str) -> str:
    """Write the moment at which that class changes next; null when it never will."""
    steps = (f"{last} + interval '{months} months'" for months, _ in RECENCY)
    return "LEAST(" + ", ".join(f"CASE WHEN {step} > omneo_now() THEN {step} END" for step in steps) + ")"


def next_join(joined: str) -> str:
    """Write the midnight (UTC) at which that class changes next."""
    days = days_since(joined)
    after = (
        f"CASE WHEN {days} <= 90 THEN 91 WHEN {days} <= {JOINED_DAYS} THEN {JOINED_DAYS + 1}"
        f" ELSE (({days} + {JOINED_DAYS - 1}) / {JOINED_DAYS}) * {JOINED_DAYS} + 1 END"
    )
    return f"({joined}::date + ({after}))::timestamptz"
