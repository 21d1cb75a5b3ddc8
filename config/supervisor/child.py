"""Becomes another program that dies with its parent. Run as a script, with the standard library only: it must be quick.

    python -I -S child.py PARENT SIGNAL UID:GID PROGRAM ARGUMENTS...

The kernel sends SIGNAL when the parent ends, even by SIGKILL. UID:GID is `-` where the user stays the same.
"""

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, death_signal, user, *command = sys.argv[1:]
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if user != "-":
        uid, gid = (int(part) for part in user.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(death_signal))
    if os.getppid() != int(parent):
        sys.exit(0)  # the parent died before it could be watched
    os.execvp(command[0], command)  # noqa: S606  # a list, no shell


if __name__ == "__main__":
    main()
