# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes sure that what is tested is this clone, and not a copy of the collection that is installed somewhere."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser):
    """The option of script/boot-matrix."""
    parser.addoption(
        "--matrix", action="store_true", help="run the tests that are marked as those of the boot matrix, too"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Keep the tests of a module together, as they share guests; those that say otherwise have a group of their own.

    Tests of the boot matrix are left out unless they are asked for: a boot takes minutes.
    """
    if not config.getoption("--matrix"):
        left_out = [item for item in items if item.get_closest_marker("matrix")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def pytest_configure():
    """Stop where the collection is not importable, or is another."""
    try:
        found = importlib.import_module("ansible_collections.virttools.guestconv.plugins.module_utils.errors").__file__
    except ImportError:
        found = None
    if found is None or not Path(found).resolve().is_relative_to(ROOT):
        pytest.exit(f"The collection is to be this clone, but is {found}. Run script/test.", returncode=2)
