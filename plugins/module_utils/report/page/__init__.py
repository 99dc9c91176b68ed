# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a page: one file that asks nothing of any server, for a thousand guests as for one.

A guest decides on much of the text in it. So that it remains text: it comes to the page as JSON in which there is no
character that means anything to HTML, the script makes text nodes of it, and the page lets no other script run.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json

from ansible_collections.virttools.guestconv.plugins.module_utils.report.outcomes import (
    CONVERTED,
    FAILED,
    INTERRUPTED,
    SKIPPED,
    instant,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.report.page import (
    pictures,
    script,
    script_detail,
    script_row,
    style,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.report.page.rows import detail, row

_STYLE = style.STYLE
_SCRIPT = '"use strict";\n(() => {\n' + script_row.SCRIPT + script_detail.SCRIPT + script.SCRIPT + "})();\n"

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{headline} - guestconv</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<header>
<p class="brand">guestconv</p>
<h1>{headline}</h1>
<p class="period">{period}</p>
{notices}</header>
<main id="main">
<noscript><p class="notice">The guests are shown by a script, which this browser does not run. summary.json and
junit.xml, in the same directory, have their outcomes.</p></noscript>
</main>
<script type="application/json" id="summary">{summary}</script>
<script type="application/json" id="rows">{rows}</script>
{details}<script>{script}</script>
</body>
</html>
"""


def document(guests, summary, directory):
    """The text of the page. guests: outcomes (dicts). summary: as in summary.json. directory: of relative paths."""
    seen = pictures.embedded(guests, directory)
    return _PAGE.format(
        policy=_policy(),
        headline=html.escape(_headline(summary)),
        period=html.escape(_period(summary)),
        notices="".join(f'<p class="notice">{html.escape(notice)}</p>\n' for notice in _notices(summary)),
        style=_STYLE,
        script=_SCRIPT,
        summary=_data(summary),
        rows=_data([row(outcome) for outcome in guests]),
        # Each apart from the others, so that the browser reads it only when it is to be seen.
        details="".join(
            f'<script type="application/json" id="detail-{number}">'
            f'{_data(detail(outcome, seen.get(outcome["guest"])), sort_keys=True)}</script>\n'
            for number, outcome in enumerate(guests)
        ),
    )


def _data(value, sort_keys=False):
    """value as JSON that may stand in a script element: `</script>` and `<!--` are what ends or changes one.

    sort_keys: for what is as it came, so that its order does not matter.
    """
    text = json.dumps(value, separators=(",", ":"), sort_keys=sort_keys)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy():
    """What the page may do, for the browser: its own script and style, and pictures that are in it. Nothing else."""
    return (
        f"default-src 'none'; script-src {_digest(_SCRIPT)}; style-src {_digest(_STYLE)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text):
    return "'sha256-%s'" % base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _headline(summary):
    total, counts = summary["guests"], summary["outcomes"]
    if not total:
        return "No guests"
    done = "converted in check mode" if summary["guests_in_check_mode"] == total else "converted"
    if counts[CONVERTED] == total:
        return f"1 guest {done}" if total == 1 else f"All {total:,} guests {done}"
    rest = "".join(f", {counts[kind]:,} {kind}" for kind in (FAILED, INTERRUPTED, SKIPPED) if counts[kind])
    return f"{counts[CONVERTED]:,} of {_guests(total)} {done}{rest}"


def _guests(number):
    return "1 guest" if number == 1 else f"{number:,} guests"


def _period(summary):
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


def _notices(summary):
    notices = []
    tried = summary["guests_in_check_mode"]
    if tried:
        whom = "" if tried == summary["guests"] else f", for {_guests(tried)}"
        notices.append(f"Check mode{whom}: what is reported is what would be done, and no disk was changed.")
    if summary["unreadable"]:
        notices.append("Not in this report, since it cannot be read: " + "; ".join(summary["unreadable"]))
    return notices
