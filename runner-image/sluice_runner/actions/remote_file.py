"""Under which name a file is written until it is whole. Pure."""

from hashlib import sha256
from pathlib import PurePosixPath


def unfinished(path: str, key: str) -> str:
    """Beside the file, hidden, and the same whenever the step is repeated."""
    whole = PurePosixPath(path)
    mark = sha256(key.encode()).hexdigest()[:12]
    return str(whole.with_name(f".{whole.name[:100]}.{mark}.part"))


def folders(path: str) -> tuple[str, ...]:
    """The folders above the file, the outermost first."""
    above = (str(one) for one in PurePosixPath(path).parents)
    return tuple(reversed([one for one in above if one not in ("/", ".")]))
