"""Finished images of a table that is not finished yet: nothing is made twice if the job is killed.

A journal is an Arrow stream beside the table, one record an image, written as soon as it is made.
Each writer has a journal of its own and reads those of all; what a killed writer left half-written
ends its journal and is not read.
"""

import contextlib
import hashlib
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

RECORD = pa.schema(
    [
        pa.field("key", pa.string()),
        pa.field("content", pa.large_binary()),
        pa.field("flag", pa.string()),
        pa.field("sha256", pa.string()),
    ]
)


class Finished(NamedTuple):
    """An image that need not be made again."""

    content: bytes
    """As encoded."""
    flag: str | None
    """What is wrong with it, or None."""

    @property
    def sha256(self) -> str:
        """Hash of the content."""
        return hashlib.sha256(self.content).hexdigest()


class Journal:
    """The journals of one table: those found, and one to write."""

    def __init__(self, table: str | Path) -> None:
        """Find the journals beside a table."""
        self._table = Path(table)
        self._own = self._table.with_name(f".{self._table.stem}.{uuid.uuid4().hex}.partial")
        self._lock = threading.Lock()
        self._stream: pa.RecordBatchWriter | None = None
        pattern = f".{self._table.stem}.{'[0-9a-f]' * 32}.partial"
        self._found = sorted(self._table.parent.glob(pattern))

    def read(self) -> Iterator[tuple[str, Finished]]:
        """Yield key and image of every whole record of every journal that was found."""
        for file in self._found:
            # Another writer may be done with its journal by now; a killed one ends anywhere.
            with (
                contextlib.suppress(FileNotFoundError, pa.ArrowInvalid, OSError),
                pa.OSFile(str(file)) as source,
                pa.ipc.open_stream(source) as stream,
            ):
                for batch in stream:
                    for row in batch.to_pylist():
                        image = Finished(row["content"], row["flag"])
                        if image.sha256 == row["sha256"]:
                            yield row["key"], image

    def append(self, key: str, image: Finished) -> None:
        """Write one image; it outlives this process. Threads may do so at once."""
        record = {"key": key, **image._asdict(), "sha256": image.sha256}
        batch = pa.RecordBatch.from_pylist([record], schema=RECORD)
        with self._lock:
            if self._stream is None:
                self._own.parent.mkdir(parents=True, exist_ok=True)
                self._file = pa.OSFile(str(self._own), "wb")
                self._stream = pa.ipc.new_stream(self._file, RECORD)
            self._stream.write_batch(batch)

    def close(self) -> None:
        """End writing; the journal stays."""
        with self._lock:
            if self._stream is not None:
                self._stream.close()
                self._file.close()
                self._stream = None

    def remove(self) -> None:
        """Remove own and found journals: their images are in the table, or nobody wants them."""
        self.close()
        for file in (self._own, *self._found):
            file.unlink(missing_ok=True)
