# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcomes as a JUnit file, which continuous integration shows: a suite per conversion host, a case per guest.

There is no standard; this keeps to what the schema of Jenkins's xUnit plugin (junit-10.xsd) allows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from .outcomes import FAILED, INTERRUPTED, SKIPPED, Outcome, instant, seconds

# The element that says why a case did not pass. An interruption is not the guest's fault: an error, not a failure.
_ELEMENTS = {FAILED: "failure", INTERRUPTED: "error", SKIPPED: "skipped"}

# What XML 1.0 (section 2.2, Char) has no place for, not even escaped.
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(guests: list[Outcome]) -> str:
    """The text of junit.xml for the outcomes of guests (a list of dicts)."""
    root = ElementTree.Element("testsuites", {"name": "guestconv", **_numbers(guests)})
    hosts = sorted({outcome.get("conversion_host") or "" for outcome in guests})
    for host in hosts:
        _add_suite(root, host, [outcome for outcome in guests if (outcome.get("conversion_host") or "") == host])
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _numbers(guests: list[Outcome]) -> dict[str, str]:
    kinds = [_ELEMENTS.get(outcome["outcome"]) for outcome in guests]
    return {
        "tests": str(len(guests)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "time": f"{sum(seconds(outcome) for outcome in guests):.3f}",
    }


def _add_suite(root: ElementTree.Element, host: str, guests: list[Outcome]) -> None:
    skipped = sum(1 for outcome in guests if outcome["outcome"] == SKIPPED)
    started = min(instant(outcome["started"]) for outcome in guests)
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        {
            "name": _text(host or "guestconv"),
            **_numbers(guests),
            "skipped": str(skipped),
            # Always in UTC here; some readers accept no zone.
            "timestamp": started.strftime("%Y-%m-%dT%H:%M:%S"),
        },
    )
    if host:
        suite.set("hostname", _text(host))
    for outcome in guests:
        _add_case(suite, outcome)


def _add_case(suite: ElementTree.Element, outcome: Outcome) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=suite.get("name", ""), name=_text(outcome["guest"]), time=f"{seconds(outcome):.3f}"
    )
    element = _ELEMENTS.get(outcome["outcome"])
    message = outcome.get("message") or ""
    if element:
        reason = ElementTree.SubElement(case, element, message=_text(message or outcome["outcome"]))
        reason.set("type", _text(outcome.get("code") or outcome["outcome"]))
        facts = [f"phase: {outcome['phase']}" if outcome.get("phase") else "", message, outcome.get("hint") or ""]
        reason.text = _text("\n".join(fact for fact in facts if fact))
    said = [*(outcome.get("warnings") or ()), *map(_concern, outcome.get("concerns") or ())]
    if said:
        ElementTree.SubElement(case, "system-out").text = _text("\n".join(said))


def _concern(concern: Mapping[str, Any]) -> str:
    return f"{concern.get('severity') or 'concern'}: {concern.get('code') or ''}: {concern.get('message') or ''}"


def _text(text: str) -> str:
    return _UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", text)
