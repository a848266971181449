"""What Schemathesis has to be told of this API beside its schema."""

from typing import Any

import schemathesis


@schemathesis.serializer("message/rfc822")
def message(ctx: Any, value: Any) -> bytes:
    """A message goes as it is."""
    return value if isinstance(value, bytes) else str(value).encode()
