"""README says what is true: every setting, every command, and files that exist."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from interviewer.cli.app import app
from interviewer.settings import Settings
from interviewer.studies.prompts_folder import ready_guides

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def settings_table() -> str:
    """The settings as README has them."""
    rows = ["| variable | default | means |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        shown = getattr(default, "get_secret_value", lambda value=default: value)()
        shown = f"{shown:%H:%M}" if hasattr(shown, "hour") else str(shown)
        rows.append(
            f"| `INTERVIEWER_{name.upper()}` | {f'`{shown}`' if shown else ''} "
            f"| {field.description} |"
        )
    return "\n".join(rows)


def commands() -> Iterator[tuple[str, str]]:
    """Every command with the first sentence of its help."""

    def walk(command: object, path: str) -> Iterator[tuple[str, str]]:
        for name, each in sorted(getattr(command, "commands", {}).items()):
            if hasattr(each, "commands"):
                yield from walk(each, f"{path} {name}")
            else:
                yield f"{path} {name}", each.help.split("\n")[0]

    return walk(typer.main.get_command(app), "interviewer")


def commands_table() -> str:
    """The commands as README has them."""
    rows = ["| command | does |", "|---|---|"]
    return "\n".join([*rows, *(f"| `{name}` | {help_} |" for name, help_ in commands())])


def test_every_setting_is_in_the_readme() -> None:
    assert settings_table() in README


def test_every_command_is_in_the_readme() -> None:
    assert commands_table() in README


def test_the_readme_names_files_that_exist() -> None:
    named = set(
        re.findall(r"`((?:interviewer|analysis|prompts|examples|benchmarks)/[^`*]*)`", README)
    )
    named |= set(re.findall(r"\]\(([^)]*)\)", README))
    missing = [name for name in named if ":" not in name and not (ROOT / name).exists()]
    assert not missing


@pytest.mark.parametrize("slug", sorted(ready_guides()))
def test_every_ready_study_is_in_the_changelog(slug: str) -> None:
    assert slug in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
