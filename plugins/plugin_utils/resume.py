# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a run that ended well, kept in a file of the controller, so that the run need not be repeated."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Mapping
from typing import Any

from ansible_collections.virttools.guestconv.plugins.module_utils.run import whole_file
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import untrusted_json

# What changes nothing of the result of a run that ended well: how it is watched, how long it might have taken, and a
# password, which may have been renewed.
_IRRELEVANT = frozenset(("accelerator", "copy_slots", "progress", "resume", "slots", "timeout", "trace", "password"))
_VERSION = 1
# What is of the one run only.
_PASSING = ("ansible_facts", "deprecations")


def digest(module: str, arguments: Mapping[str, Any], before: str | None = None) -> str:
    """The checksum of what distinguishes a run: the module's name (without the collection's), its arguments, and run_of()
    the preceding phase."""
    relevant = {name: _public(value) for name, value in arguments.items() if name not in _IRRELEVANT}
    # Twice, since keys that are of several types cannot be sorted before they are text.
    plain = json.loads(json.dumps([module.rpartition(".")[2], relevant, before], default=str))
    text = json.dumps(plain, sort_keys=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _public(value: Any) -> Any:
    """value less the passphrases in a list like keys: from a checksum a short one could be guessed."""
    if isinstance(value, list):
        return [_public(item) for item in value]
    return {key: item for key, item in value.items() if key != "passphrase"} if isinstance(value, dict) else value


def run_of(path: str) -> str | None:
    """The identifier of the run whose result is kept at path, unique even among runs with the same arguments; None without
    one."""
    try:
        run = untrusted_json.load(path)["run"]
    except (OSError, ValueError, KeyError, TypeError):
        return None  # load() says what is wrong with it
    return run if isinstance(run, str) else None


def load(path: str, expected: str) -> tuple[dict[str, Any] | None, str | None]:
    """The kept result of the run whose digest is expected, if there is one; and what is wrong with the file, or None."""
    try:
        kept = untrusted_json.load(path)
        if kept["version"] != _VERSION or not isinstance(kept["result"], dict):
            raise ValueError("it is not one of this version's")
        return (kept["result"] if kept["digest"] == expected else None), None
    except FileNotFoundError:
        return None, None
    except OSError as error:
        return None, error.strerror
    except (ValueError, KeyError, TypeError) as error:
        return None, f"{type(error).__name__}: {error}"


def forget(path: str) -> None:
    """Keep nothing at path any more: what begins now may end before its own result is kept."""
    try:
        os.unlink(path)
    except OSError:
        pass  # save() reports a place that cannot be written to


def save(path: str, own_digest: str, result: Mapping[str, Any]) -> None:
    """Keep the result, readable for this user only. The file is the old or the new one at any moment. Errors: OSError."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    kept = {name: value for name, value in result.items() if not name.startswith("_ansible_") and name not in _PASSING}
    content = {"version": _VERSION, "digest": own_digest, "run": uuid.uuid4().hex, "result": kept}
    whole_file.replace(path, json.dumps(content, default=_as_text).encode(), synced=True)


def _as_text(value: object) -> str:
    """A warning as text: since ansible-core 2.19 they are objects."""
    return getattr(getattr(value, "event", None), "msg", None) or str(value)
