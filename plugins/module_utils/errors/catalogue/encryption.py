# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about encrypted devices of a guest, and their keys."""

from __future__ import annotations

from .declaration import Declaration, Subject, concern, error

_GIVE = "Give its key with the option `keys`, which docs/encryption.md explains."


def _both(code: str, meaning: str, remedy: str) -> Declaration:
    """The declaration of an error where the system is on the device, and of a warning where only data is."""
    return Declaration(code, meaning, remedy, retryable=False, severities=("warning",))


SUBJECT = Subject(
    "Encrypted devices",
    "Devices that the guest encrypts with LUKS, and the option `keys`.",
    (
        error(
            "key-invalid",
            "An item of the option `keys` does not say what it is a key of, or has no key.",
            "Give one of `device`, `uuid` and `all`, and one of `passphrase` and `file`. A passphrase that is empty is "
            "often a variable of the vault that is not set.",
        ),
        error(
            "key-file-not-readable",
            "A key file that the option `keys` names cannot be read.",
            "The file must be on the machine that runs the module, which `delegate_to` may have changed, and the user who "
            "runs the module must be allowed to read it.",
        ),
        error(
            "encryption-not-supported",
            "libguestfs on the machine that runs the module cannot open encrypted devices.",
            "Install cryptsetup on that machine. libguestfs builds its appliance again at the next run; a fixed appliance "
            "must be made again.",
        ),
        _both(
            "key-wrong",
            "No key that the option `keys` gives for an encrypted device opens it. It is an error where the "
            "system is on that device, and a warning where only data is.",
            "Check the key, and the device that it is for. A key file is used exactly as it is, with the newline at its "
            "end, and a passphrase without one.",
        ),
        concern(
            "key-unused",
            "info warning",
            "The option `keys` has a key for which this guest has no encrypted device. The severity is `info` for a key "
            "with `all: true`.",
            "Check the name of the device, or the UUID. If the key is for other guests, nothing needs to be done.",
        ),
        _both(
            "encryption-needs-memory",
            "The appliance has too little memory to open a key slot of an encrypted device: LUKS2 derives keys with a "
            "function that takes memory on purpose, up to 1 GiB.",
            "Set the option `memory` to what the message says.",
        ),
        concern(
            "encrypted-device-closed",
            "info warning",
            "An encrypted device stayed closed, so the conversion did not look at what is in it. The guest still opens it "
            "when it starts. The severity is `warning` where there is a key, and cryptsetup is missing or reports that the "
            "device itself is at fault.",
            f"Nothing needs to be done if there are no system files in it. {_GIVE}",
        ),
        concern(
            "key-bound-to-hardware",
            "warning error",
            "The guest opens an encrypted device with a key in a TPM, a FIDO2 token or a smart card, which the target "
            "does not have, or not with that key. The severity is `error` when no other key slot can open the device and "
            "the guest waits for it.",
            "Add a passphrase or a recovery key in the guest before it moves (`systemd-cryptenroll --recovery-key "
            "DEVICE`). After the move, enroll the hardware of the target.",
        ),
        concern(
            "key-on-network",
            "warning",
            "The guest opens an encrypted device with a key from a server (clevis with tang).",
            "Make sure that the guest reaches that server from the target, or that a person can type the passphrase.",
        ),
        error(
            "initrd-cannot-unlock",
            "The initrd that the conversion made cannot open the encrypted root: it lacks cryptsetup, or a line "
            "for it in its crypttab. The guest's disks "
            "are unchanged.",
            "Check the guest's configuration of its initrd, or use the option `initrd: supplement`, which keeps what the "
            "initrd has.",
        ),
    ),
)
