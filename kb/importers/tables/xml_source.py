"""XML sources: bounds what reading XML as a stream may take, and says what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException

from kb.records.limits import RECORD_LIMIT
from kb.records.rejects import UnreadableFileError
from kb.records.wording import Wording

ELEMENTS_A_RECORD = 50_000


@contextmanager
def xml_refusals(path: Path) -> Iterator[None]:
    """Raise UnreadableFileError where the file read inside is no XML, or has entities or external references."""
    try:
        yield
    except DefusedXmlException:
        raise UnreadableFileError(
            Wording(
                "{file}: defines entities, which no export needs and which can unpack without end; export it again",
                {"file": str(path)},
            )
        ) from None
    except (ParseError, ValueError) as error:
        raise UnreadableFileError(
            Wording("{file}: is not XML ({reason}); export it again", {"file": str(path), "reason": str(error)})
        ) from None


class BoundedSource:
    """A file in which the size of one record is limited."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name
        self._size = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; raises UnreadableFileError where a record has too many."""
        piece = self._file.read(size)
        self._size += len(piece)
        if self._size > RECORD_LIMIT:
            raise UnreadableFileError(
                Wording(
                    "{file}: an element has more than {limit} bytes; export it in parts",
                    {"file": self._name, "limit": RECORD_LIMIT},
                )
            )
        return piece

    def begin_record(self) -> None:
        """Begin to count the bytes of a record."""
        self._size = 0
