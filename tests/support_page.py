# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/support.md from docs/support.json: the boot loaders, disks, systems, networks and devices that are supported.

script/boot-matrix records each boot in a file, and then runs this as a command with that file, which adds to the data.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.contract import ROOT

DATA = ROOT / "docs" / "support.json"
PAGE = ROOT / "docs" / "support.md"

BOOTED, CHECKED, READ = "booted here", "checked on the disk", "read from documentation"

# The columns of the first table: (key of a row, title).
_COLUMNS = (
    ("guest", "guest"),
    ("loader", "boot loader"),
    ("menu", "menu"),
    ("firmware", "firmware"),
    ("layout", "disk"),
    ("kernel", "kernel"),
    ("devices", "devices"),
    ("result", "result"),
    ("date", "date"),
    ("commit", "commit"),
)
# Those of the second table, of rows that have this key.
_OF_SYSTEMS = "init"
_SYSTEM_COLUMNS = (
    ("guest", "guest"),
    ("kernel", "kernel"),
    ("initrd", "initrd"),
    ("init", "init"),
    ("network", "network"),
    ("tools", "tools"),
    ("devices", "devices"),
    ("result", "result"),
    ("date", "date"),
    ("commit", "commit"),
)
# Those of the third table.
_OF_NETWORKS = "configuration"
_NETWORK_COLUMNS = (
    ("guest", "guest"),
    ("configuration", "network configuration"),
    ("devices", "devices"),
    ("result", "result"),
    ("date", "date"),
    ("commit", "commit"),
)
# Rows that are equal in these are of the same thing: the later one replaces the earlier.
_IDENTITY = ("variant", "devices")

_HEAD = """\
# Supported boot loaders, layouts of disks, and systems

<!-- script/boot-matrix writes this page from docs/support.json. Do not edit it here. -->

Each row is a guest that was converted, or support that could not be tested. `script/boot-matrix` converts and boots the
guests, and adds them to the table, with the commit that converted them. Rows without a commit were added before commits
were recorded, or were not tested.

- **booted here**: `guestconv_verify` booted the converted guest on these devices, as QEMU emulates them, without any
  addition. SSH answered at the guest's own static address (of Alpine, which has no SSH server here, another service).
  The guest announced the kernel that it runs. Guests with the boot loader "GRUB 2" without a version did not: there the
  kernel is the default of the boot menu.
- **checked on the disk**: the guest was converted and its files were checked. It was not booted on these devices.
- **read from documentation**: no such guest was available. The support follows the documentation and the source code of
  the programs, and the tests have guests written as text files in its place.

"""

_SYSTEMS_HEAD = """
## Systems

What makes the initrd, what runs as init, what configures the network, and which packages of hypervisors' and clouds'
tools were installed before the conversion. Those that were booted here have GRUB 2 or extlinux, BIOS and an MBR.
Stand-ins have the layout, the files and the package database of their family, and Debian's kernel and programs.

"""

_NETWORKS_HEAD = """
## Network configuration

The guests below differ by how they configure their network. Each was converted and booted with the network cards in the
column "devices", in that order. Each card had the name and the addresses that it had on the source (with
`policy: static`, the new addresses), and SSH answered at the first address of each.

"""


def merged(rows: Iterable[dict[str, Any]], new: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """rows with the rows new, which replace those of the same variant and devices; in a stable order.

    A row that was only checked does not replace one of a guest that was booted.
    """
    found = {_identity(row): row for row in rows}
    for row in new:
        old = found.get(_identity(row))
        if old is None or row["result"] == BOOTED or old["result"] != BOOTED:
            found[_identity(row)] = row
    return sorted(found.values(), key=_order)


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    return (_OF_SYSTEMS in row, _OF_NETWORKS in row, row["result"] == READ, row.get("loader", ""), *_identity(row))


def _identity(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row[key] for key in _IDENTITY)


def page(rows: Iterable[dict[str, Any]]) -> str:
    """The whole page, for the rows of the data file."""
    rows = list(rows)
    systems = [row for row in rows if _OF_SYSTEMS in row]
    networks = [row for row in rows if _OF_NETWORKS in row]
    return (
        _HEAD
        + _table([row for row in rows if row not in (*systems, *networks)], _COLUMNS)
        + _SYSTEMS_HEAD
        + _table(systems, _SYSTEM_COLUMNS)
        + _NETWORKS_HEAD
        + _table(networks, _NETWORK_COLUMNS)
    )


def _table(rows: Iterable[dict[str, Any]], columns: Sequence[tuple[str, str]]) -> str:
    lines = [[title for _key, title in columns], ["---"] * len(columns)]
    lines += [[str(row.get(key, "")).replace("|", "\\|") for key, _title in columns] for row in rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def load() -> list[dict[str, Any]]:
    """The rows of the data file."""
    rows: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))
    return rows


def recorded(boots: Path) -> list[dict[str, Any]]:
    """The rows of this page in the file that the tests record boots in (tests/end_to_end/boots.py)."""
    lines = [json.loads(line) for line in boots.read_text(encoding="utf-8").splitlines()]
    return [line["support"] for line in lines if "support" in line]


def main() -> None:
    """The command: add the boots of the file that is given, if one is, and write the page."""
    rows = load()
    for argument in sys.argv[1:]:
        rows = merged(rows, recorded(Path(argument)))
    DATA.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
