"""What cannot be said in our templates."""


class Untranslatable(ValueError):  # noqa: N818 - named as it is said
    """`line` counts from 1 inside the template."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
