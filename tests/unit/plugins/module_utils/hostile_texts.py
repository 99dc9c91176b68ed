# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts and bytes as no administrator writes them, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

# What Python and the programs of a guest may take in different ways: ends of lines, blanks, digits, quotes, and bytes
# that are not UTF-8, which a guest's text has as lone surrogates.
ENDS = ("\n", "\n", "\n", "\n", "\r\n", "\r", "\\\n", "\\\r\n", "\0")
BLANKS = (
    " ",
    " ",
    " ",
    "\t",
    "\n  ",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1e",
    "\x1f",
    "\x85",
    "\xa0",
    "\u2028",
    "\u2029",
    "\u3000",
)
ODD = ("\ufeff", "\udc80", "\udcff", "\xdf", "\u0130", "\u0663", "\xb2", "\u2460", "0", "1", "-1", "9" * 5000, "1e999")
SIGNS = (
    "=",
    ":",
    "#",
    ";",
    ",",
    ".",
    "/",
    "\\",
    '"',
    "'",
    "$",
    "`",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "|",
    "*",
    "-",
)
DEEP = tuple(sign * 1500 for sign in ("[", "{", "(", "<a>", '"', "\\", "- ", "? ", "{a: "))


def texts(*words):
    """A strategy of texts of these words, what stands between words, and what is odd; or of anything."""
    # One choice a piece, as many are drawn; of the odd and the deep, which take long, few.
    usual = (*words, *words, *words, *ENDS, *ENDS, *BLANKS, *SIGNS)
    pieces = st.sampled_from([*usual, *usual, *usual, *usual, *ODD, *DEEP])
    return st.lists(pieces, max_size=24).map("".join) | st.text(max_size=40)


def content(text):
    """The bytes of a text of texts()."""
    return text.encode("utf-8", "surrogateescape")


def documents(*words):
    """As texts(), in bytes; some in another encoding than UTF-8, or no text at all."""
    anyhow = texts(*words)
    return (
        anyhow.map(content)
        | anyhow.map(content)
        | st.binary(max_size=300)
        | anyhow.map(lambda text: text.encode("utf-16", "surrogatepass"))
    )


def damaged(data, longest=16):
    """A strategy of what damage leaves of data (bytes): cut off, or with other bytes somewhere in it."""
    places = st.integers(0, max(len(data) - 1, 0))
    junk = st.binary(min_size=1, max_size=longest) | st.sampled_from([bytes(8), b"\xff" * 8, b"\x7f" + b"\xff" * 7])
    changes = st.lists(st.tuples(places, junk), max_size=4)
    return st.tuples(changes, st.none() | places).map(lambda how: _damaged(data, *how))


def _damaged(data, changes, end):
    for place, junk in changes:
        data = data[:place] + junk + data[place + len(junk) :]
    return data[:end]
