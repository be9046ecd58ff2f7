"""Unpacks of a TensorFlow wheel what tfjs-node needs: the two libraries and the C API's headers.

Usage: python3 unpack_wheel.py WHEEL FOLDER
"""

import shutil
import sys
import zipfile
from pathlib import Path

HEADERS_ROOT = "tensorflow/include/"
HEADERS = tuple(HEADERS_ROOT + folder for folder in ("tensorflow/c/", "tensorflow/core/platform/", "tensorflow/tsl/", "tsl/"))
LIBRARIES = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2")


def target_of(name: str, folder: Path) -> "Path | None":
    """Where a member of the wheel goes, if it is wanted."""
    if name in LIBRARIES:
        return folder / "lib" / Path(name).name
    if name.startswith(HEADERS) and not name.endswith("/"):
        return folder / "include" / name[len(HEADERS_ROOT) :]
    return None


def unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            target = target_of(name, folder)
            if target is None:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)


unpack(Path(sys.argv[1]), Path(sys.argv[2]))
