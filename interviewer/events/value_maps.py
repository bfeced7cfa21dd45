"""Value maps: the words of a transport system, in ours.

A YAML file of `column: {their word: our word}`; `null` on the right means that the word is
ignored on purpose. Their words compare without case and outer spaces.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import yaml

from interviewer.core.book import KINDS, Row
from interviewer.core.errors import InvalidInput

PROMISE_DUE = "promise_due"
"""The word of an event whose time is a promise, not a scan."""

# Words that a row type takes beside its own.
_ALSO: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("events", "status"): (PROMISE_DUE,),
    ("outcomes", "outcome"): ("won", "partial", "lost"),
}

ValueMap = Mapping[str, Mapping[str, str | None]]
"""column -> their word, in lower case -> ours, or None to ignore it."""


@cache  # asked once per event
def vocabulary(kind: type[Row]) -> Mapping[str, tuple[str, ...]]:
    """Each column of a kind that takes only certain words, and these words."""
    words = {name: _words(field.annotation) for name, field in kind.model_fields.items()}
    return {
        name: (*found, *_ALSO.get((kind.kind, name), ()))
        for name, found in words.items()
        if found and name != "time_quality"
    }


def _words(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if get_origin(annotation) in (Union, UnionType):
        return next((words for part in get_args(annotation) if (words := _words(part))), ())
    return ()


def nearest(word: str, words: tuple[str, ...]) -> str:
    """The most similar of our words, as the end of a sentence; empty when none is."""
    found = get_close_matches(word.casefold().replace(" ", "_"), words, n=1, cutoff=0.4)
    return f"; the nearest of ours is {found[0]}" if found else ""


def load_value_map(path: Path, kind: type[Row]) -> ValueMap:
    """The map in this file, checked against the words that the kind takes.

    Columns of other kinds are checked against theirs, so that one file may serve several imports.

    Raises:
        InvalidInput: With file, line, value and the nearest of ours.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8-sig"), yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise InvalidInput("--values", f"{path.name} cannot be read: {error}") from None
    if root is None:
        return {}
    allowed = {**_all_columns(), **vocabulary(kind)}
    reader = _MapReader(path.name, allowed)
    return {name: reader.words(name, node) for name, node in reader.entries(root)}


def _all_columns() -> dict[str, tuple[str, ...]]:
    columns: dict[str, tuple[str, ...]] = {}
    for kind in KINDS.values():
        for name, words in vocabulary(kind).items():
            columns[name] = tuple(dict.fromkeys((*columns.get(name, ()), *words)))
    return columns


class _MapReader:
    """Reads the YAML nodes, which know their lines and keep words such as NO as they are."""

    def __init__(self, file: str, allowed: Mapping[str, tuple[str, ...]]) -> None:
        self.file = file
        self.allowed = allowed

    def words(self, column: str, node: yaml.Node) -> dict[str, str | None]:
        """Their words of one column, in ours."""
        if column not in self.allowed:
            near = nearest(column, tuple(self.allowed))
            raise self._wrong(node, f"no column {column} takes a word of ours{near}", column)
        words: dict[str, str | None] = {}
        for theirs, value in self.entries(node):
            key = theirs.strip().casefold()
            if key in words:
                raise self._wrong(value, f"{theirs!r} is mapped twice", theirs)
            words[key] = self._ours(column, value)
        return words

    def _ours(self, column: str, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            raise self._wrong(node, "write one word of ours, or null", column)
        if node.tag == "tag:yaml.org,2002:null":
            return None
        ours: str = node.value.strip()
        if ours not in self.allowed[column]:
            near = nearest(ours, self.allowed[column])
            raise self._wrong(node, f"{ours!r} is no {column}{near}", ours)
        return ours

    def entries(self, node: yaml.Node) -> list[tuple[str, yaml.Node]]:
        """Key and value of a mapping."""
        if not isinstance(node, yaml.MappingNode):
            raise self._wrong(node, "write `column: {their word: our word}`", None)
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._wrong(key, "a key is one word", None)
        return [(key.value, value) for key, value in node.value]

    def _wrong(self, node: yaml.Node, message: str, value: str | None) -> InvalidInput:
        line = node.start_mark.line + 1
        return InvalidInput("--values", f"{self.file}, line {line}: {message}", value)
