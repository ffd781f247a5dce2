"""Writes a document as one page of HTML that needs nothing beside itself."""

import itertools
import re
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from document import Chart, Document, Section, Table

UNIT, NO_BREAK = r"(?<=\d) (?=(?:ms|s|MiB)\b|%)", "\u00a0"
STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def write(document: Document) -> str:
    links = "".join(
        f'<li><a href="#{_anchor(section.title)}">{escape(section.title)}</a></li>' for section in document.sections
    )
    numbers = itertools.count(1)
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(document.title)}</title>",
            f"<style>\n{STYLE}</style>",
            "</head>",
            "<body>",
            f"<h1>{escape(document.title)}</h1>",
            *_paragraphs(document.paragraphs),
            f'<nav aria-label="Sections"><ul>{links}</ul></nav>',
            "<main>",
            *(_section(section, numbers) for section in document.sections),
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _section(section: Section, numbers: Iterator[int]) -> str:
    figures = "\n".join(_chart(chart, next(numbers)) for chart in section.charts)
    return "\n".join(
        [
            f'<section id="{_anchor(section.title)}">',
            f"<h2>{escape(section.title)}</h2>",
            *_paragraphs(section.paragraphs),
            *([f'<div class="charts">\n{figures}\n</div>'] if figures else []),
            *map(_table, section.tables),
            "</section>",
        ]
    )


def _paragraphs(texts: Iterable[str]) -> list[str]:
    """A figure and its unit stay on one line."""
    return [f"<p>{re.sub(UNIT, NO_BREAK, escape(text))}</p>" for text in texts]


def _chart(chart: Chart, number: int) -> str:
    """The names inside a drawing are made its own, since all drawings are in one page now."""
    drawing = re.sub(r'\bid="', f'id="chart{number}-', chart.svg)
    drawing = re.sub(r'(url\(|href=")#', rf"\1#chart{number}-", drawing)
    drawing = drawing.replace("<svg", f'<svg role="img" aria-label="{escape(chart.what)}"', 1)
    return f"<figure>\n<figcaption>{escape(chart.title)}</figcaption>\n{drawing.strip()}\n</figure>"


def _table(table: Table) -> str:
    def cell(row: int | None, column: int, text: str) -> str:
        words = ' class="words"' if column < table.texts else ""
        text = f"<code>{escape(text)}</code>" if row is not None and column in table.typed else escape(text)
        if row is None:
            return f'<th scope="col"{words}>{text}</th>'
        return f'<th scope="row"{words}>{text}</th>' if column == 0 else f"<td{words}>{text}</td>"

    def line(row: int | None, cells) -> str:
        return f"<tr>{''.join(cell(row, column, text) for column, text in enumerate(cells))}</tr>"

    title = escape(table.title)
    rows = "\n".join(line(number, row) for number, row in enumerate(table.rows))
    # What scrolls can be reached with the keyboard only where it takes the focus.
    return (
        f'<h3>{title}</h3>\n<div class="scroll" role="region" aria-label="{title}" tabindex="0">\n<table>\n'
        f"<thead>{line(None, table.columns)}</thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
