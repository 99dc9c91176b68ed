# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a page: one file that asks nothing of any server, for a thousand guests as for one.

A guest decides on much of the text in it. So that it remains text: it comes to the page as JSON in which there is no
character that means anything to HTML, the script makes text nodes of it, and the page lets no other script run.
"""

from __future__ import annotations

import html
import json
from string import Template
from typing import Any

from ..outcomes import CONVERTED, FAILED, INTERRUPTED, SKIPPED, instant
from . import pictures
from .rows import detail, row


def document(template: str, guests: list[dict[str, Any]], summary: dict[str, Any], directory: str) -> str:
    """The text of the page.

    template: the page to fill in, as plugin_utils/report_page has it. guests: outcomes. summary: as in summary.json.
    directory: where relative paths in the outcomes are taken from.
    """
    seen = pictures.embedded(guests, directory)
    return Template(template).substitute(
        headline=html.escape(_headline(summary)),
        period=html.escape(_period(summary)),
        notices="".join(f'<p class="notice">{html.escape(notice)}</p>\n' for notice in _notices(summary)),
        data="".join(
            [
                _element("summary", _data(summary)),
                _element("rows", _data([row(outcome) for outcome in guests])),
                # Each apart from the others, so that the browser reads it only when it is to be seen.
                *(
                    _element(f"detail-{number}", _data(detail(outcome, seen.get(outcome["guest"])), sort_keys=True))
                    for number, outcome in enumerate(guests)
                ),
            ]
        ),
    )


def _element(identifier: str, text: str) -> str:
    return f'<script type="application/json" id="{identifier}">{text}</script>\n'


def _data(value: Any, sort_keys: bool = False) -> str:
    """value as JSON that may stand in a script element: `</script>` and `<!--` are what ends or changes one.

    sort_keys: for what is as it came, so that its order does not matter.
    """
    text = json.dumps(value, separators=(",", ":"), sort_keys=sort_keys)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _headline(summary: dict[str, Any]) -> str:
    total, counts = summary["guests"], summary["outcomes"]
    if not total:
        return "No guests"
    done = "converted in check mode" if summary["guests_in_check_mode"] == total else "converted"
    if counts[CONVERTED] == total:
        return f"1 guest {done}" if total == 1 else f"All {total:,} guests {done}"
    rest = "".join(f", {counts[kind]:,} {kind}" for kind in (FAILED, INTERRUPTED, SKIPPED) if counts[kind])
    return f"{counts[CONVERTED]:,} of {_guests(total)} {done}{rest}"


def _guests(number: int) -> str:
    return "1 guest" if number == 1 else f"{number:,} guests"


def _period(summary: dict[str, Any]) -> str:
    if not summary["guests"]:
        return ""
    started, ended = instant(summary["started"]), instant(summary["ended"])
    # In numbers: the month's name would depend on the locale.
    day = "%Y-%m-%d, %H:%M"
    end = ended.strftime("%H:%M" if started.date() == ended.date() else day)
    facts = [f"{started.strftime(day)} to {end} UTC"]
    hosts, targets = list(summary["conversion_hosts"]), list(summary["targets"])
    if hosts:
        facts.append(hosts[0] if len(hosts) == 1 else f"{len(hosts)} conversion hosts")
    if targets:
        facts.append("to " + ", ".join(targets))
    return " \N{MIDDLE DOT} ".join(facts)


def _notices(summary: dict[str, Any]) -> list[str]:
    notices = []
    tried = summary["guests_in_check_mode"]
    if tried:
        whom = "" if tried == summary["guests"] else f", for {_guests(tried)}"
        notices.append(f"Check mode{whom}: what is reported is what would be done, and no disk was changed.")
    if summary["unreadable"]:
        notices.append("Not in this report, since it cannot be read: " + "; ".join(summary["unreadable"]))
    return notices
