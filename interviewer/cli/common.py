"""What every command shares: the app, options, the installation it works on."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interviewer.core.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from interviewer.ports import Services

app = typer.Typer(
    help="A feedback interviewer for logistics: short interviews at the moment that matters.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON in place of a table.")]
Slug = Annotated[str, typer.Argument(help="The study's slug.")]
Report = Annotated[Path, typer.Option(help="Where the report goes.")]


def installation() -> "Services":
    """The parts of the installation that the settings describe."""
    from interviewer.settings import read_settings
    from interviewer.wiring import build

    return build(read_settings())


def pairs(option: str, texts: list[str] | None) -> dict[str, str]:
    """The repeated `key=value` of an option."""
    pairs = {}
    for text in texts or ():
        key, equals, value = (part.strip() for part in text.partition("="))
        if not (key and equals and value):
            raise InvalidInput(option, "is not key=value, such as shipment_ref=order_id", text)
        pairs[key] = value
    return pairs


def text_of(file: Path) -> str:
    """The text of a file; `-` is standard input.

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is not UTF-8 text.
    """
    if str(file) == "-":
        raw = sys.stdin.buffer.read()
    elif file.is_file():
        raw = file.read_bytes()
    else:
        raise NotFound(f"no file {str(file)!r}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(str(file), "is not UTF-8 text; save it as UTF-8") from None
