# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random XML of the names that a format knows, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st


def markup(names, attributes, values):
    """A strategy of XML: some elements with these names, attributes and values, nested in each other at random."""
    element = st.tuples(
        st.sampled_from(names),
        st.dictionaries(st.sampled_from(attributes), st.sampled_from(values), max_size=4),
        st.sampled_from(values),
        # How deep it stands, as far as there is something above it.
        st.integers(0, 5),
    )
    return st.lists(element, max_size=20).map(_written)


def _written(elements):
    text, above = [], []
    for name, attributes, value, depth in elements:
        while len(above) > depth:
            text.append(f"</{above.pop()}>")
        shown = "".join(f' {key}="{held}"' for key, held in attributes.items())
        text.append(f"<{name}{shown}>{value}")
        above.append(name)
    return "".join(text) + "".join(f"</{name}>" for name in reversed(above))
