# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guests' outcomes, as a run left them in the report's directory."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..errors import GuestconvError
from ..run import whole_file
from ..texts import untrusted_json

# Guests end on several hosts at once, and again when a run is resumed: a file for each, replaced as a whole, is the
# only thing that none of it can garble.
FILES = "outcomes"
LINES = "outcomes.jsonl"

# The outcomes of a guest; those that need attention are first.
FAILED, INTERRUPTED, SKIPPED, CONVERTED = OUTCOMES = ("failed", "interrupted", "skipped", "converted")

# In the order in which a guest goes through them.
PHASES = ("fetch", "inspect", "convert", "verify", "define")

_TEXTS = ("phase", "code", "message", "hint", "ended", "conversion_host", "target", "screenshot")
_DICTS = ("info", "source", "devices", "hardware")
# Each with what it is a list of.
_LISTS = {
    "phases": dict,
    "concerns": dict,
    "changes": dict,
    "diff": dict,
    "disks": str,
    "warnings": str,
}
_KINDS = {dict: "dictionaries", str: "texts"}


# An outcome as the role and JSON have it: parse() knows what must be in it.
Outcome = dict[str, Any]


@dataclass(frozen=True)
class Outcomes:
    """guests: the last outcome (a dict) of each, in the order in which they ended.

    unreadable: a sentence for each outcome that cannot be read. Its guest is not among the guests.
    """

    guests: list[Outcome]
    unreadable: list[str]


def load(directory: str) -> Outcomes:
    """The Outcomes in `directory`: those in outcomes/*.json or, without that directory, in outcomes.jsonl.

    Raises GuestconvError outcomes-not-found when there is neither.
    """
    try:
        pieces = _pieces(directory)
    except OSError as error:
        raise GuestconvError(
            "outcomes-not-found",
            f"There are no outcomes in {directory}: {error.strerror}.",
            path="directory",
            hint=f"It must contain the outcomes of the guests, as files {FILES}/*.json or as lines of {LINES}.",
        ) from error
    last: dict[str, Outcome] = {}
    unreadable: list[str] = []
    for place, content in pieces:
        try:
            outcome = parse(content)
        except ValueError as error:
            unreadable.append(f"{place}: {error}")
            continue
        # Of two that ended in the same second, what was written later.
        if outcome["guest"] not in last or _end(outcome) >= _end(last[outcome["guest"]]):
            last[outcome["guest"]] = outcome
    return Outcomes(sorted(last.values(), key=lambda outcome: (_end(outcome), outcome["guest"])), unreadable)


def keep(directory: str, outcome: Mapping[str, Any]) -> str:
    """Write the outcome (a dict) into `directory`, which is made if need be. Returns the path of its file.

    Raises GuestconvError outcome-invalid, path-not-writable.
    """
    # What JSON cannot hold, such as a warning of ansible-core, becomes text.
    content = json.dumps(outcome, default=str).encode()
    try:
        guest = parse(content)["guest"]
        if os.path.basename(guest) != guest or guest.startswith("."):
            raise ValueError(f"{guest!r} cannot be the name of a file")
    except ValueError as error:
        raise GuestconvError("outcome-invalid", f"This is not an outcome: {error}.", path="outcome") from error
    path = os.path.join(directory, FILES, f"{guest}.json")
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        whole_file.replace(path, content)
    except OSError as error:
        raise GuestconvError(
            "path-not-writable",
            f"{path} cannot be written: {error.strerror}.",
            path="directory",
            hint="This user must be able to write to the directory of the report.",
        ) from error
    return path


def _pieces(directory: str) -> list[tuple[str, bytes]]:
    """(place, bytes) of everything that is to be an outcome. Raises OSError."""
    files = os.path.join(directory, FILES)
    if os.path.isdir(files):
        # A name with a dot before it is a file on its way to its place.
        names = sorted(name for name in os.listdir(files) if name.endswith(".json") and not name.startswith("."))
        return [(f"{FILES}/{name}", _content(os.path.join(files, name))) for name in names]
    pieces = _content(os.path.join(directory, LINES)).split(b"\n")
    return [(f"{LINES}, line {number}", piece) for number, piece in enumerate(pieces, 1) if piece.strip()]


def _content(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


def parse(content: bytes) -> Outcome:
    """The outcome (a dict) that content (bytes of JSON) is. Raises ValueError, whose text says what is wrong."""
    try:
        outcome = untrusted_json.loads(content, parse_constant=_number, parse_float=_number)
    except ValueError as error:
        raise ValueError(f"not JSON ({error})") from error
    if not isinstance(outcome, dict):
        raise ValueError("not a dictionary")
    for key in ("guest", "started"):
        if not isinstance(outcome.get(key), str) or not outcome[key]:
            raise ValueError(f"{key} is missing")
    if outcome.get("outcome") not in OUTCOMES:
        raise ValueError(f"outcome must be one of {', '.join(OUTCOMES)}")
    _check_optional(outcome)
    for key in ("started", "ended"):
        if outcome.get(key):
            instant(outcome[key])
    return outcome


def _number(text: str) -> float:
    """JSON has neither infinity nor NaN; Python's reader has, and would write them too."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number")
    return number


def _check_optional(outcome: Outcome) -> None:
    def check(key: str, kind: type, name: str) -> None:
        if outcome.get(key) is not None and not isinstance(outcome[key], kind):
            raise ValueError(f"{key} is not {name}")

    for key in _TEXTS:
        check(key, str, "text")
    for key in _DICTS:
        check(key, dict, "a dictionary")
    check("check_mode", bool, "a boolean")
    for key, kind in _LISTS.items():
        check(key, list, "a list")
        if not all(isinstance(item, kind) for item in outcome.get(key) or ()):
            raise ValueError(f"{key} is not a list of {_KINDS[kind]}")
    for phase in outcome.get("phases") or ():
        if not isinstance(phase.get("name"), str) or not _is_duration(phase.get("seconds", 0)):
            raise ValueError("each of phases must have a name and a number of seconds")


def _is_duration(value: object) -> bool:
    # A year or longer is not meant in seconds.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 366 * 24 * 3600


def instant(text: str) -> datetime:
    """The datetime (of UTC) that text, in ISO 8601, means. Raises ValueError."""
    try:
        # Python 3.9 does not know the Z.
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a time in ISO 8601") from error


def _end(outcome: Outcome) -> datetime:
    return instant(outcome.get("ended") or outcome["started"])


def seconds(outcome: Outcome) -> float:
    """How long the work on a guest took, in seconds: all its phases, or from start to end where no phase is known."""
    phases = outcome.get("phases") or ()
    if phases:
        return round(sum(float(phase.get("seconds", 0)) for phase in phases), 3)
    return max(0, (_end(outcome) - instant(outcome["started"])).total_seconds())


def lines(guests: Iterable[Outcome]) -> str:
    """The outcomes as the text of outcomes.jsonl."""
    return "".join(json.dumps(outcome, sort_keys=True) + "\n" for outcome in guests)
