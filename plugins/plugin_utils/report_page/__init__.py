# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's page as one file, made of the files next to this one: page.html, and what it links to and imports."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

_FILES = Path(__file__).parent

# A line that imports one of these files, in a style sheet or a script.
_IMPORT = re.compile(r'^(?:@import|import \{[^}]*\} from) "\./([\w-]+\.(?:css|js))";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const |function )", re.MULTILINE)


def template() -> str:
    """The page with its style sheets and its scripts in it, as a string.Template.

    Its placeholders are those of page.html that depend on the guests: headline, period, notices and data.
    """
    style, script = _bundle("page.css", set()), _bundle("page.js", set())
    text = _read("page.html")
    for placeholder, value in (
        ("$style_digest", _digest(style)),
        ("$script_digest", _digest(script)),
        ('<link rel="stylesheet" href="page.css">', f"<style>{_literal(style)}</style>"),
        ('<script type="module" src="page.js"></script>', f'<script type="module">{_literal(script)}</script>'),
    ):
        text = text.replace(placeholder, value)
    return text


def _bundle(name: str, bundled: set[str]) -> str:
    """The file called name, after the files that it imports, each of them once.

    A browser does not import files that are next to a page which it opened from a disk, nor is there anything next to
    a page that was attached to a ticket. bundled: the names of the files that are part of the whole already.
    """
    bundled.add(name)
    text = _read(name)
    imported = [_bundle(other, bundled) for other in _IMPORT.findall(text) if other not in bundled]
    return "".join(imported) + _EXPORT.sub("", _IMPORT.sub("", text))


def _read(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")


def _literal(text: str) -> str:
    """text as a string.Template that stands for just that: `${...}` is JavaScript's, too."""
    return text.replace("$", "$$")


def _digest(text: str) -> str:
    """The source expression by which a Content-Security-Policy allows an element with this text."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
