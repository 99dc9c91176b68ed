# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from pathlib import Path
from string import Template

import pytest
from lxml import html

from ansible_collections.virttools.guestconv.plugins.plugin_utils import report_page

_DIRECTORY = Path(report_page.__file__).parent
# page.css has only imports.
FILES = sorted({*_DIRECTORY.glob("*.css"), *_DIRECTORY.glob("*.js")} - {_DIRECTORY / "page.css"})
WORDS = {"headline": "HEADLINE", "period": "PERIOD", "notices": "NOTICES", "data": "DATA"}


def filled() -> str:
    return Template(report_page.template()).substitute(WORDS)


def test_what_depends_on_the_guests_is_all_that_is_left_to_fill_in() -> None:
    text = filled()
    for word in WORDS.values():
        assert word in text
    with pytest.raises(KeyError):
        Template(report_page.template()).substitute({})


def test_the_page_is_one_file() -> None:
    tree = html.fromstring(filled())
    assert [element.get("href") for element in tree.iter("link")] == ["data:,"]
    assert [element.get("src") for element in tree.iter("script")] == [None]
    assert not re.search(r"^\s*(@import|import|export)\b", filled(), re.MULTILINE)


def body(path: Path) -> str:
    """What is in the file below its imports, which are all at its beginning, as part of a larger file."""
    text = path.read_text(encoding="utf-8")
    *_imports, below = re.split(r'^.*"\./[\w-]+\.(?:css|js)";\n', text, flags=re.MULTILINE)
    return re.sub(r"^export ", "", below, flags=re.MULTILINE)


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_each_style_sheet_and_script_is_in_the_page_once_and_as_it_is(path: Path) -> None:
    # With its `$`, which is JavaScript's as well as that of the template.
    assert filled().count(body(path)) == 1


def imported(path: Path) -> list[str]:
    return re.findall(r'"\./([\w-]+\.(?:css|js))"', path.read_text(encoding="utf-8"))


def test_a_script_stands_below_what_it_imports_and_style_sheets_stay_in_order() -> None:
    places = {path.name: filled().index(body(path)) for path in FILES}
    assert imported(_DIRECTORY / "page.css") == sorted(
        (name for name in places if name.endswith(".css")), key=places.__getitem__
    )
    for path in FILES:
        assert all(places[name] < places[path.name] for name in imported(path))
