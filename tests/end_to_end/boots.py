# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of script/boot-matrix: which guests booted on which devices, and answered.

Each boot of the tests is a line of JSON in the file that $GUESTCONV_BOOTS names. As a command, it prints the table.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

COLUMNS = ("test", "disk", "devices", "booted", "answered", "seconds")


def _commit() -> str:
    """The commit that is checked out, shortened, or "" where git has none. A plus sign stands for uncommitted changes."""
    arguments = [
        "git",
        "-C",
        str(Path(__file__).parent),
        "describe",
        "--always",
        "--abbrev=10",
        "--exclude=*",
        "--dirty=+",
    ]
    return subprocess.run(arguments, capture_output=True, text=True, check=False).stdout.strip()


# When the tests begin: the clone may move on while a guest boots.
_COMMIT = _commit()


def record(options: dict[str, Any], result: dict[str, Any]) -> None:
    """Add a boot. options, result: those of guestconv_verify."""
    _add(_row(options, result))


def record_support(row: dict[str, Any]) -> None:
    """Add a row of docs/support.md (tests/support_page.py), with the commit of this clone."""
    _add({"support": {**row, "commit": _COMMIT}})


def announced(console: list[str]) -> dict[str, str]:
    """{subject: words} of what a guest announced on its console (tests/guests/announcement.py)."""
    # What else writes to the console may stand in front of it.
    found = (re.search(r"announce (\w+) ?(.*)", line) for line in console)
    return {match[1]: match[2] for match in found if match}


def _add(row: dict[str, Any]) -> None:
    path = os.environ.get("GUESTCONV_BOOTS")
    if not path:
        return
    # One write each, as several processes add.
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def devices(hardware: dict[str, Any]) -> list[str]:
    """The device models of hardware, in guestconv's words."""
    found = [device["driver"] for kind in ("disks", "interfaces") for device in hardware.get(kind) or ()]
    return found + [hardware[kind]["driver"] for kind in ("video", "console") if hardware.get(kind)]


def _row(options: dict[str, Any], result: dict[str, Any]) -> dict[str, str]:
    hardware = options["hardware"]
    disk = options["disks"][0]
    name = os.environ.get("PYTEST_CURRENT_TEST", "").split("::")[-1].split(" ")[0].split("@")[0]
    return {
        "test": name,
        "disk": Path(disk["path"] if isinstance(disk, dict) else disk).stem,
        "devices": " ".join([hardware.get("firmware") or "bios", *devices(hardware)]),
        "booted": "yes" if result.get("up") or result.get("code") == "guest-not-up" else f"no ({result.get('code')})",
        "answered": "yes" if result.get("up") else "no",
        "seconds": str(result.get("seconds", "")),
    }


def table(rows: list[dict[str, str]]) -> str:
    """The rows as a table, its columns as wide as they must be, sorted by test."""
    lines = [list(COLUMNS), *([row[column] for column in COLUMNS] for row in sorted(rows, key=lambda row: row["test"]))]
    widths = [max(len(line[index]) for line in lines) for index in range(len(COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)


if __name__ == "__main__":
    _LINES = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    print(table([line for line in _LINES if "support" not in line]))
