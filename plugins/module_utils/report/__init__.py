# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet's run: from the guests' outcomes to a summary, a JUnit file and a page."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

from ..errors import GuestconvError
from ..run import whole_file
from . import junit, page
from .outcomes import LINES, lines, load
from .summary import summarize

SUMMARY, JUNIT, PAGE = "summary.json", "junit.xml", "index.html"


@dataclass(frozen=True)
class Report:
    """summary: as in summary.json. paths: {kind: path} of the files. changed: whether the content of one of them is new."""

    summary: dict[str, Any]
    paths: dict[str, str]
    changed: bool


def write(directory: str, template: str, dry: bool = False) -> Report:
    """Make the Report of the outcomes in `directory` (a path), next to them. dry: without writing anything.

    template: the page to fill in, as page.document takes it. The same outcomes give the same bytes.
    Raises GuestconvError outcomes-not-found, path-not-writable.
    """
    found = load(directory)
    summary = summarize(found)
    files = {
        "outcomes": (LINES, lines(found.guests)),
        "summary": (SUMMARY, json.dumps(summary, indent=2) + "\n"),
        "junit": (JUNIT, junit.document(found.guests)),
        "page": (PAGE, page.document(template, found.guests, summary, directory)),
    }
    paths: dict[str, str] = {}
    changed = False
    for kind, (name, text) in files.items():
        paths[kind] = os.path.join(directory, name)
        # A text may hold half a surrogate pair: JSON can say that, UTF-8 cannot.
        changed |= _written(paths[kind], text.encode("utf-8", "replace"), dry)
    return Report(summary, paths, changed)


def _written(path: str, content: bytes, dry: bool) -> bool:
    """Make content that of the file at path, unless dry. Returns whether it was different."""
    try:
        with open(path, "rb") as stream:
            if stream.read() == content:
                return False
    except FileNotFoundError:
        pass
    except OSError as error:
        raise _not_writable(path, error) from error
    if not dry:
        try:
            whole_file.replace(path, content, mode=0o644, synced=True)
        except OSError as error:
            raise _not_writable(path, error) from error
    return True


def _not_writable(path: str, error: OSError) -> GuestconvError:
    return GuestconvError(
        "path-not-writable",
        f"{path} cannot be written: {error.strerror}.",
        path="directory",
        hint="The report is written into the directory of the outcomes. The user must be able to write there.",
    )
