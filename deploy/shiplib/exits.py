"""How `ship` ends. deploy/README.md says what each code asks of a person."""

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes."""

    DONE = 0
    USAGE = 2
    TREE = 10
    SIGNOFF = 11
    PREREQUISITE = 12
    CHECKS = 13
    BUILD = 20
    PUSH = 21
    MANIFEST = 22
    RELEASE_PHASE = 30
    RACED = 31
    ROLLED_BACK = 40
    ROLLBACK_FAILED = 41
    HUMAN_NEEDED = 42
    NO_PREVIOUS = 43
    DRIFT = 50
    SECRET = 51
    AUDIT = 60
    INTERRUPTED = 130


class Stop(Exception):
    """Ends the work with this code, and says why."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
