# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/errors.md, which script/record-contract does, from the catalogue of errors and concerns."""

from __future__ import annotations

import re

from ansible_collections.virttools.guestconv.plugins.module_utils.errors.catalogue import DECLARED, SUBJECTS
from ansible_collections.virttools.guestconv.plugins.module_utils.errors.catalogue.declaration import (
    Declaration,
    Subject,
)
from tests.contract import ROOT

PAGE = ROOT / "docs" / "errors.md"

_WIDTH = 120

_HEAD = f"""\
# Errors and concerns

<!-- script/record-contract writes this page from plugins/module_utils/errors/catalogue. Do not edit it here. -->

Every failure and every concern of guestconv has a `code`. Codes are stable and are never removed, so a playbook may
depend on them. This page explains each of the {len(DECLARED)} codes, and what to do.

An **error** ends a module. Its result has these values:

| value | meaning |
|---|---|
| `msg` | what is wrong, and where |
| `code` | one of the codes on this page |
| `hint` | what to do about it in this case |
| `path` | the option, or the part of the description, that is wrong; may be empty |
| `retryable` | whether the same call may succeed later |

A **concern** is something to know before the guest is converted. `guestconv_inspect` lists concerns in
`guest.concerns`, each with a `severity`:

| severity | meaning |
|---|---|
| `info` | nothing needs to be done |
| `warning` | the guest can be converted, but check this first |
| `error` | the guest cannot be converted: `convertible` is false, and `guestconv_convert` fails with this code |

To repeat a call only if it may succeed later:

```yaml
- name: Convert the guest
  virttools.guestconv.guestconv_convert:
    disks: [/exports/web01.qcow2]
    guest: "{{{{ inspected.guest }}}}"
  register: converted
  until: converted is succeeded or not (converted.retryable | default(false))
  retries: 3
  delay: 60
```
"""


def text() -> str:
    """The whole page."""
    contents = "\n".join(f"- [{subject.title}](#{_anchor(subject.title)})" for subject in SUBJECTS)
    parts = [_HEAD, f"## Contents\n\n{contents}\n- [All codes](#all-codes)\n"]
    parts += [_section(subject) for subject in SUBJECTS]
    every = ", ".join(f"[{code}](#{code})" for code in sorted(DECLARED))
    parts.append(f"## All codes\n\n{_wrapped(every)}.\n")
    return "\n".join(parts)


def _anchor(title: str) -> str:
    """How a heading is linked to, as GitHub and most renderers of Markdown have it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _section(subject: Subject) -> str:
    entries = sorted(subject.declarations, key=lambda one: one.code)
    return f"## {subject.title}\n\n{_wrapped(subject.about)}\n\n" + "\n".join(map(_entry, entries))


def _entry(declared: Declaration) -> str:
    meaning = _wrapped(f"*{_kind(declared)}* {declared.meaning}")
    return f"### {declared.code}\n\n{meaning}\n\n{_wrapped('**What to do:** ' + declared.remedy)}\n"


def _kind(declared: Declaration) -> str:
    error = "Error, retryable." if declared.retryable else "Error."
    if not declared.severities:
        return error
    concern = f"Concern ({' or '.join(declared.severities)})."
    return concern if declared.retryable is None else f"{concern} {error}"


def _wrapped(paragraph: str) -> str:
    """paragraph in lines of a readable length, broken between words that are not in the same code span."""
    lines = [""]
    for word in re.findall(r"(?:`[^`]*`|[^\s`])+", paragraph):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > _WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return "\n".join(lines)


def main() -> None:
    """The command: write the page."""
    PAGE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
