"""Ctrl-C, SIGTERM and a terminal that was closed are one thing: a `KeyboardInterrupt`, and only one.

Whoever interrupts once more would stop what cleans up after the first: a login that is to be removed, or a release
that is half way back.
"""

import signal
import subprocess

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def listen() -> None:
    """From now on each of them interrupts. What is ignored already, as behind nohup, stays ignored."""
    for number in NUMBERS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def ignore() -> None:
    """From now on none of them does."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)


def pass_on_to(child: "subprocess.Popen[bytes]") -> None:
    """From now on they are the child's; to be waited for is all that is left here."""
    for number in NUMBERS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, _: child.send_signal(number))


def _interrupt(*_: object) -> None:
    ignore()
    raise KeyboardInterrupt
