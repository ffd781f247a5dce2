"""Writes a document as Markdown: the sentences and the tables."""

import re
import textwrap

from document import Document, Section, Table


def write(document: Document) -> str:
    parts = [f"# {_plain(document.title)}", *map(_paragraph, document.paragraphs)]
    for section in document.sections:
        parts += _section(section)
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> list[str]:
    parts = [f"## {_plain(section.title)}", *map(_paragraph, section.paragraphs)]
    for table in section.tables:
        parts += [f"### {_plain(table.title)}", _table(table)]
    return parts


def _paragraph(text: str) -> str:
    return textwrap.fill(_plain(text), width=120, break_long_words=False, break_on_hyphens=False)


def _table(table: Table) -> str:
    rules = ["---" if column < table.texts else "---:" for column in range(len(table.columns))]
    body = [
        [_code(text) if column in table.typed else _plain(text) for column, text in enumerate(row)]
        for row in table.rows
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [list(map(_plain, table.columns)), rules, *body])


def _plain(text: str) -> str:
    """Text that Markdown takes for nothing else, on one line."""
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", " ".join(text.split()))


def _code(text: str) -> str:
    """In as many backticks as it takes; a bar would end the cell even there."""
    text = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"
