"""Bytes that nobody reads before they are sent: kept after their CRC-32, so that damage shows."""

from zlib import crc32


def sealed(data: bytes) -> bytes:
    """Bytes after their checksum."""
    return crc32(data).to_bytes(4) + data


def unsealed(held: bytes) -> bytes:
    """The bytes that were ``sealed``.

    Raises:
        ValueError: they are damaged.
    """
    if not isinstance(held, bytes) or sealed(held[4:]) != held:
        raise ValueError("damaged")
    return held[4:]
