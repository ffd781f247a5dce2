"""Counts over all processes of a service: a byte in a file for each, which costs no service a call and no lock."""

import os


class Tally:
    """A count that several processes share by the name of its file."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self) -> None:
        os.write(self._file, b".")

    @property
    def count(self) -> int:
        return os.fstat(self._file).st_size
