"""HTML out of templates: everything escaped, nothing inline."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"
ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
UNWORDED = "en"  # the language of a page whose own has no words


def page(
    template: str, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """A template with its values, as a response."""
    return HTMLResponse(ENVIRONMENT.get_template(template).render(values), status, headers)


@cache
def words() -> dict[str, dict[str, str]]:
    """What the chat page says around an interview, by language."""
    text = (TEMPLATES / "chat_words.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, str]] = yaml.safe_load(text)
    return loaded


def words_for(*languages: str) -> tuple[str, dict[str, str]]:
    """The first of these languages that has words, and its words.

    Args:
        languages: BCP 47 tags, the most wanted first.
    """
    plain = [language.split("-")[0].strip().lower() for language in languages]
    language = next((name for name in plain if name in words()), UNWORDED)
    return language, words()[language]
