"""What the command line says about an error: no error numbers, and no names of classes."""

import errno
from pathlib import Path
from typing import Final

from permit_ocr.domain.errors import PermitOcrError

_REASONS: Final = {
    errno.ENOENT: "no such file or folder",
    errno.ENOTDIR: "part of this path is not a folder",
    errno.EISDIR: "this is a folder, not a file",
    errno.EACCES: "you have no permission for this file or folder",
    errno.EPERM: "you have no permission for this file or folder",
    errno.EROFS: "the disk is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your disk quota is used up",
    errno.ENAMETOOLONG: "the name is too long",
}


def message_of(error: Exception) -> str:
    """Return the message of an error; that of an operating system's error names the file and the reason in words."""
    if isinstance(error, PermitOcrError):  # whose text is a code
        return f"{error.meaning} {error.advice}"
    if not isinstance(error, OSError) or error.errno is None:
        return str(error)
    reason = reason_of(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def reason_of(error: OSError) -> str:
    """Return why a file cannot be used, in words."""
    return _REASONS.get(error.errno or 0) or (error.strerror or "the file cannot be used").lower()


def check_folder_of(file: Path) -> None:
    """Check that a file can be created where it is to be. Raises ``ValueError``."""
    folder = file.parent
    if file.is_dir():
        raise ValueError(f"{file}: {_REASONS[errno.EISDIR]}")
    if not folder.is_dir():
        raise ValueError(f"{file}: the folder {folder} does not exist")
