"""The house's own lint rules: what no general linter knows. Exit status 1 on a finding."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "omneo_api"
LONGEST = 520
OWN_CLOCK = {"foundation/clock.py", "foundation/limits.py", "cli.py", "serving.py", "demo/loading.py", "demo/cdnow.py"}
COMMITS = {"foundation/database.py"}
TIME_CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
SQL_NOW = re.compile(r"(?<![\w.])(now\(\)|current_timestamp|clock_timestamp\(\)|current_date)", re.IGNORECASE)
TENANT_FILTER = re.compile(r"tenant_id\s*=\s*(:|%|\$|\d)")
MONEY_ROOMS = ("incentives/", "commerce/")


def findings(path: str, text: str) -> Iterator[str]:
    """The rules that a file breaks, as `path:line: what`. `path` is below src/omneo_api."""
    if text.count("\n") > LONGEST:
        yield f"{path}:1: longer than {LONGEST} lines; does it hold more than one room?"
    for node in ast.walk(ast.parse(text)):
        line = getattr(node, "lineno", 1)
        for what in _broken(path, node):
            yield f"{path}:{line}: {what}"


def _bare(side: ast.AST) -> ast.AST:
    """`foreign(x)` and `remote(x)` mark the side of a join; what is compared is x."""
    marked = isinstance(side, ast.Call) and isinstance(side.func, ast.Name) and side.func.id in ("foreign", "remote")
    return side.args[0] if marked and isinstance(side, ast.Call) else side


def _broken(path: str, node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call):
        yield from _call(path, node)
    if isinstance(node, ast.Compare) and path.split("/", maxsplit=1)[0] != "foundation":
        sides = [_bare(side) for side in (node.left, *node.comparators)]
        named = [isinstance(side, ast.Attribute) and side.attr == "tenant_id" for side in sides]
        if any(named) and not all(named):
            yield "row-level security filters tenants; code writes no tenant filter"
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _text(path, node.value)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Mapped":
        names = {part.id for part in ast.walk(node.slice) if isinstance(part, ast.Name)}
        if "float" in names:
            yield "points, money and measures are Decimal; no column is a float"


def _call(path: str, node: ast.Call) -> Iterator[str]:
    called = node.func
    if isinstance(called, ast.Attribute):
        owner = called.value.id if isinstance(called.value, ast.Name) else ""
        if (owner, called.attr) in TIME_CALLS and path not in OWN_CLOCK:
            yield "time is asked from foundation/clock.py or omneo_now()"
        if called.attr in ("commit", "rollback") and path not in COMMITS:
            yield "services never commit: one request or job is one transaction"
    if isinstance(called, ast.Name):
        if called.id == "relationship" and not _says_raise(node):
            yield 'relationships are lazy="raise"'
        if called.id == "float" and path.startswith(MONEY_ROOMS):
            yield "points and money are Decimal, never float"


def _says_raise(node: ast.Call) -> bool:
    return any(
        keyword.arg == "lazy" and isinstance(keyword.value, ast.Constant) and keyword.value.value == "raise"
        for keyword in node.keywords
    )


def _text(path: str, text: str) -> Iterator[str]:
    statement = re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", text)
    if statement is None or path.startswith(("foundation/schema", "foundation/jobs")):
        return
    if SQL_NOW.search(text):
        yield "SQL asks the time from omneo_now()"
    if TENANT_FILTER.search(text):
        yield "row-level security filters tenants; SQL writes no tenant filter"


def main(arguments: list[str]) -> int:
    files = [Path(argument).resolve() for argument in arguments] or sorted(SOURCE.rglob("*.py"))
    found = [what for file in files for what in findings(file.relative_to(SOURCE).as_posix(), file.read_text())]
    for what in found:
        print(what)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
