"""Finding the operation for a path in a number of steps that depends on its depth, not on how many routes there are.

A tree over path segments: at each level fixed words are tried before parameters, and parameters in order of how much
they demand (`{id:int}` before `{name}`); a dead end backs up to the next candidate.
"""

import re
from collections.abc import Iterator
from typing import Any

PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")
KINDS = {"int": r"\d+", "uuid": r"[0-9a-fA-F-]{36}", "str": r".+", "word": r"[^:]+"}
DEMAND = ("int", "uuid", "word", "str")


class _Pattern:
    """A segment with parameters: `{id}`, `{namespace}:{handle}`, `{id}resend`."""

    def __init__(self, segment: str) -> None:
        found = list(PARAMETER.finditer(segment))
        self.names = [match.group(1) for match in found]
        kinds = [match.group(2) or "str" for match in found]
        self.plain = len(found) == 1 and found[0].group(0) == segment and kinds[0] == "str"
        text, place = "", 0
        for index, (match, kind) in enumerate(zip(found, kinds, strict=True)):
            last = index == len(found) - 1
            text += (
                re.escape(segment[place : match.start()]) + f"({KINDS['word' if kind == 'str' and not last else kind]})"
            )
            place = match.end()
        self.match = re.compile(text + re.escape(segment[place:])).fullmatch
        self.rank = (self.plain, DEMAND.index(kinds[0]), -len(segment))


class _Node:
    __slots__ = ("methods", "patterns", "words")

    def __init__(self) -> None:
        self.words: dict[str, _Node] = {}
        self.patterns: list[tuple[str, _Pattern, _Node]] = []
        self.methods: dict[str, Any] = {}

    def child(self, segment: str) -> "_Node":
        if "{" not in segment:
            return self.words.setdefault(segment, _Node())
        shape = PARAMETER.sub(lambda match: "{:%s}" % (match.group(2) or "str"), segment)
        for known, _, node in self.patterns:
            if known == shape:
                return node
        node = _Node()
        self.patterns.append((shape, _Pattern(segment), node))
        self.patterns.sort(key=lambda entry: entry[1].rank)
        return node


class Router:
    """Operations by path. `add` at start-up, `find` per request."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, method: str, path: str, operation: Any) -> None:
        """Raises: ValueError when the place is taken."""
        node = self._root
        for segment in _segments(path):
            node = node.child(segment)
        if method in node.methods:
            raise ValueError(f"{method} {path} is declared twice")
        node.methods[method] = (operation, _names(path))

    def find(self, segments: list[str], method: str) -> tuple[Any, dict[str, str]] | list[str]:
        """The operation and its path values; or the methods that the path knows (empty: no such path)."""
        allowed: set[str] = set()
        for node, values in self._walk(self._root, segments, 0, []):
            found = node.methods.get(method)
            if found is not None:
                operation, names = found
                return operation, dict(zip(names, values, strict=True))
            allowed.update(node.methods)
        return sorted(allowed)

    def _walk(
        self, node: _Node, segments: list[str], depth: int, values: list[str]
    ) -> Iterator[tuple[_Node, list[str]]]:
        if depth == len(segments):
            if node.methods:
                yield node, values
            return
        segment = segments[depth]
        fixed = node.words.get(segment)
        if fixed is not None:
            yield from self._walk(fixed, segments, depth + 1, values)
        for _, pattern, child in node.patterns:
            match = pattern.match(segment)
            if match:
                yield from self._walk(child, segments, depth + 1, [*values, *match.groups()])


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _names(path: str) -> list[str]:
    return [match.group(1) for match in PARAMETER.finditer(path)]
