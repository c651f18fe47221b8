"""Pages as HTML by themselves: no script, nothing from elsewhere, every text escaped. Jinja2."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,  # for Markdown too: what goes in there is ids and digests alone
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def page(template: str, **values: object) -> str:
    """The page of a template of ours. A value that the template wants and lacks is an error."""
    return _environment().get_template(template).render(**values)
