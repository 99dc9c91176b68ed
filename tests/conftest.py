# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes sure that what is tested is this clone, and not a copy of the collection that is installed somewhere."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# In the order in which they run; what is in none of them runs last.
_SUITES = ("tests/end_to_end/", "tests/appliance/")


def pytest_addoption(parser):
    """The option of script/boot-matrix."""
    parser.addoption(
        "--matrix", action="store_true", help="run the tests that are marked as those of the boot matrix, too"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Keep the tests of a module together, as they share guests; those that say otherwise have a group of their own.

    Tests of the boot matrix are left out unless they are asked for: a boot takes minutes.

    Slow suites are first, and the quick tests fill the processors at the end: in the order of the folders one process waits
    for minutes while another one runs the last boot.
    """
    if not config.getoption("--matrix"):
        left_out = [item for item in items if item.get_closest_marker("matrix")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            # Those of tests/appliance that need its session's appliance are one group, so that it is launched once.
            shares = item.nodeid.startswith("tests/appliance/") and "appliance" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("appliance" if shares else item.nodeid.partition("::")[0]))
    sizes = Counter(map(_group, items))
    items.sort(key=lambda item: (_suite(item), -sizes[_group(item)] if _suite(item) else 0))


def _group(item):
    return item.get_closest_marker("xdist_group").args[0]


def _suite(item):
    """The place of its suite in the order."""
    return next((place for place, suite in enumerate(_SUITES) if item.nodeid.startswith(suite)), len(_SUITES))


def pytest_configure(config):
    """Stop where the collection is not importable, or is another."""
    # xdist (from 3.7 on) would begin with the groups that have the most tests, and end with those that boot one guest.
    config.option.loadscopereorder = False
    try:
        found = importlib.import_module("ansible_collections.virttools.guestconv.plugins.module_utils.errors").__file__
    except ImportError:
        found = None
    if found is None or not Path(found).resolve().is_relative_to(ROOT):
        pytest.exit(f"The collection is to be this clone, but is {found}. Run script/test.", returncode=2)
