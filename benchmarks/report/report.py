#!/usr/bin/python3
"""Writes the report of the benchmarks: one page of HTML, and the same tables as Markdown.

usage: report.py RESULTS_FOLDER OUTPUT.html [--markdown FILE.md]

Reads all *.json of the folder, which results.schema.json describes. Where one of them is wrong nothing is written, all
that is wrong is told, and the exit code is 1. Needs python3-matplotlib and python3-jsonschema of Debian.
"""

import argparse
import sys
from pathlib import Path

import build
import html_page
import markdown_page
from results import Refused, load


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS
    )
    parser.add_argument("results", type=Path, metavar="RESULTS_FOLDER", help="the folder with the JSON files")
    parser.add_argument("output", type=Path, metavar="OUTPUT.html", help="the page to write")
    parser.add_argument("--markdown", type=Path, metavar="FILE.md", help="write the tables here, too")
    options = parser.parse_args(arguments)
    try:
        document = build.document(load(options.results))
        pages = [(options.output, html_page.write(document))]
        if options.markdown:
            pages.append((options.markdown, markdown_page.write(document)))
        for path, text in pages:
            path.write_text(text, encoding="utf-8")
    except Refused as reasons:
        print(reasons, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
