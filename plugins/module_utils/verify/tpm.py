# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Emulates a TPM for QEMU, by the program swtpm."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess

from ..qemu.mortal import MORTAL

PROGRAM = "swtpm"

# Seconds for one answer: it makes the keys of the new TPM, on a busy machine.
_ANSWER_TIMEOUT = 60

# Bytes of its last message.
_LONGEST_ERROR = 1024

# The commands of its control channel that start the TPM (CMD_INIT, without flags) and stop it (CMD_STOP), as QEMU gives
# them again, and the answer to each, a result of 0 (swtpm's tpm_ioctl.h).
_START_AND_STOP = (struct.pack(">II", 2, 0), struct.pack(">I", 14))
_SUCCESS = struct.pack(">I", 0)


class NoTPM(Exception):
    """There is no TPM. Its text is a warning for the user."""


class TPM:
    """A running swtpm, with a TPM 2.0 that is new and empty, and has no certificates.

    channel: the other end of its control channel, for QEMU.
    """

    def __init__(self, directory: str) -> None:
        """Start it; end it with stop(). directory: where its state and its messages may be kept. Raises NoTPM."""
        program = shutil.which(PROGRAM)
        if program is None:
            raise NoTPM(
                "swtpm is not installed on this machine, so the guest is booted without the TPM that `hardware` names."
            )
        state = os.path.join(directory, "tpm")
        os.makedirs(state, exist_ok=True)
        errors = os.path.join(directory, "swtpm-errors")
        self.channel, its_end = socket.socketpair()
        with its_end, open(errors, "wb") as messages:
            self._process = subprocess.Popen(
                [*MORTAL, *command_line(program, its_end.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=messages,
                stderr=messages,
                pass_fds=[its_end.fileno()],
                cwd=state,
                start_new_session=True,
            )
        try:
            works = _works(self.channel)
        except BaseException:
            self.stop()
            raise
        if not works:
            self.stop()
            raise NoTPM(
                "swtpm did not start, so the guest is booted without the TPM that `hardware` names: "
                f"{_end_of(errors) or 'it gave no message.'}"
            )

    def stop(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()
        self.channel.close()


def command_line(program: str, channel: int) -> list[str]:
    """The argument vector that starts program, whose control channel is the file descriptor channel.

    Its state is in the working directory: options are separated by commas, which a path may hold. Through the channel
    QEMU hands it the socket for the TPM's commands; it ends when that is closed (swtpm(8); QEMU's docs/specs/tpm.rst).
    """
    vector = [program, "socket", "--tpm2", "--tpmstate", "dir=."]
    return [*vector, "--ctrl", f"type=unixio,clientfd={channel}", "--terminate"]


def _works(channel: socket.socket) -> bool:
    """Whether it starts a TPM: it might not be allowed to use its directory (AppArmor), and QEMU would not start."""
    channel.settimeout(_ANSWER_TIMEOUT)
    try:
        for command in _START_AND_STOP:
            channel.sendall(command)
            if channel.recv(len(_SUCCESS)) != _SUCCESS:
                return False
    except OSError:  # it has ended, or gives no answer
        return False
    channel.settimeout(None)
    return True


def _end_of(path: str) -> str:
    """The end of the text in path, in one line."""
    with open(path, "rb") as text:
        text.seek(max(0, os.path.getsize(path) - _LONGEST_ERROR))
        return " ".join(text.read().decode("utf-8", "replace").split())
