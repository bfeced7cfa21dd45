"""The folder of guides and phrases: finding it, and reading the files with their line numbers."""

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from interviewer.core.check import Lines, check, parse_guide
from interviewer.core.errors import InvalidGuide, NotFound, Problem
from interviewer.core.guide import InterviewGuide
from interviewer.core.wording import Phrases

KeyPath = tuple[str | int, ...]
MAX_CHARACTERS = 500_000


def prompts_folder() -> Traversable:
    """The bundled prompts: inside the package in a wheel, beside it in a checkout."""
    packaged = files("interviewer") / "_prompts"
    return packaged if packaged.is_dir() else Path(str(files("interviewer"))).parent / "prompts"


def load_guide(source: Traversable | str) -> InterviewGuide:
    """The guide of a study file; `source` is its path, or its text (anything with a line break).

    Raises:
        NotFound: There is no such file.
        InvalidGuide: With every problem of the form; wordings are judged by `check_guide`.
    """
    text, file = _text_of(source)
    try:
        data, lines = _parse(text)
        return parse_guide(data, lines)
    except InvalidGuide as error:
        raise InvalidGuide(error.problems, file) from None


def check_guide(source: Traversable | str) -> tuple[Problem, ...]:
    """All that is wrong with a study file, its wordings included; empty when it may be launched.

    Raises:
        NotFound: There is no such file.
    """
    text, _ = _text_of(source)
    return _check_text(text)


@lru_cache(maxsize=64)  # some seconds of work for a study in three languages
def _check_text(text: str) -> tuple[Problem, ...]:
    try:
        data, lines = _parse(text)
        return check(parse_guide(data, lines), load_phrases(), lines)
    except InvalidGuide as error:
        return error.problems


def ready_sources() -> list[str]:
    """The files of the studies that come with the product, as texts."""
    return [path.read_text(encoding="utf-8") for path in _yaml_files(prompts_folder() / "guides")]


def ready_slugs() -> frozenset[str]:
    """The names of the studies that come with the product; their files have them."""
    found = _yaml_files(prompts_folder() / "guides")
    return frozenset(path.name.removesuffix(".yaml") for path in found)


def ready_guides() -> dict[str, InterviewGuide]:
    """The studies that come with the product, by slug."""
    guides = [load_guide(source) for source in ready_sources()]
    return {guide.slug: guide for guide in guides}


def load_phrases() -> dict[str, Phrases]:
    """What is said outside of guides, by language."""
    loaded = [_load_phrases(path) for path in _yaml_files(prompts_folder() / "phrases")]
    return {phrases.language: phrases for phrases in loaded}


def _load_phrases(path: Traversable) -> Phrases:
    data, lines = _parse(path.read_text(encoding="utf-8"))
    try:
        return Phrases.model_validate(data)
    except ValidationError as error:
        problems = [
            Problem(".".join(map(str, e["loc"])), e["msg"], lines.get(e["loc"]))
            for e in error.errors(include_url=False)
        ]
        raise InvalidGuide(problems, path.name) from None


def _yaml_files(folder: Traversable) -> list[Traversable]:
    found = (path for path in folder.iterdir() if path.name.endswith(".yaml"))
    return sorted(found, key=lambda path: path.name)


def _text_of(source: Traversable | str) -> tuple[str, str | None]:
    if isinstance(source, str) and "\n" in source:
        return source, None
    path = Path(source) if isinstance(source, str) else source
    if not path.is_file():
        raise NotFound(f"no file {str(path)!r}")
    try:
        return path.read_text(encoding="utf-8"), path.name
    except UnicodeDecodeError:
        raise InvalidGuide([Problem("file", "is not UTF-8 text")], path.name) from None


def _parse(text: str) -> tuple[Any, Lines]:
    """The data of a YAML text, and the line (from 1) of every key and list item.

    Raises:
        InvalidGuide: The text is no YAML, names a key twice, or uses anchors.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidGuide([Problem("file", f"is longer than {MAX_CHARACTERS:,} characters")])
    lines: dict[KeyPath, int] = {}
    problems: list[Problem] = []
    seen: set[int] = set()
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        for path, node, line in _nodes(loader, root, ()):
            if path in lines:
                problems.append(Problem(_dotted(path), "is given twice", line))
            if id(node) in seen:
                problems.append(Problem(_dotted(path), "an anchor; write it out", line))
                break
            lines[path] = line
            seen.add(id(node))
        if problems:
            raise InvalidGuide(problems)
        return loader.construct_document(root) if root else None, lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = Problem("file", f"no YAML: {error.problem}", mark.line + 1 if mark else None)
        raise InvalidGuide([problem]) from None
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidGuide([Problem("file", f"no YAML: {error}")]) from None
    except RecursionError:
        raise InvalidGuide([Problem("file", "is nested too deeply")]) from None


def _nodes(
    loader: yaml.SafeLoader, node: yaml.Node | None, path: KeyPath
) -> Iterator[tuple[KeyPath, yaml.Node, int]]:
    if isinstance(node, yaml.MappingNode):
        for key_node, value in node.value:
            key = loader.construct_object(key_node, deep=True)
            below = (*path, key if isinstance(key, int) else str(key))
            yield below, value, key_node.start_mark.line + 1
            yield from _nodes(loader, value, below)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield (*path, place), value, value.start_mark.line + 1
            yield from _nodes(loader, value, (*path, place))


def _dotted(path: KeyPath) -> str:
    return ".".join(map(str, path))
