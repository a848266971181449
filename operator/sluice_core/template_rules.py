"""What a template may say: the allow-lists and bounds that validation and the sandbox share."""

from typing import Final

SOURCE_LIMIT: Final = 64 * 1024
"""Bytes of one template's source."""

DEPTH_LIMIT: Final = 50
"""Levels of tags, brackets and operators inside each other."""

LOOP_DEPTH_LIMIT: Final = 10
"""`for` tags inside each other; Python itself refuses more than 20."""

NODE_LIMIT: Final = 10_000
"""Parts of one template after parsing: more would take longer to compile than to run."""

NUMBER_BITS: Final = 64
"""Integers are those that JSON libraries agree on."""

FILTERS: Final = frozenset({
    # text
    "capitalize", "e", "escape", "lower", "replace", "split", "string", "title",
    "trim", "truncate", "upper", "urlencode", "wordcount",
    # numbers
    "abs", "float", "int", "max", "min", "round", "sum",
    # lists and objects
    "batch", "count", "dictsort", "first", "groupby", "items", "join", "keys", "last", "length",
    "list", "map", "reject", "rejectattr", "reverse", "select", "selectattr", "slice", "sort",
    "unique", "values",
    # data and dates
    "b64decode", "b64encode", "d", "dateadd", "dateformat", "default", "fromjson", "timestamp",
    "tojson",
})  # fmt: skip

TESTS: Final = frozenset({
    "boolean", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "gt",
    "greaterthan", "in", "integer", "iterable", "le", "lessthan", "lower", "lt", "mapping", "ne",
    "none", "number", "odd", "sequence", "string", "true", "undefined", "upper",
    "==", "!=", "<", "<=", ">", ">=",
})  # fmt: skip

FUNCTIONS: Final = frozenset({"dict", "namespace", "range"})

METHODS: Final = frozenset({
    "changed", "cycle",  # of `loop`
    "get", "items", "keys", "values",
    "capitalize", "endswith", "join", "lower", "lstrip", "replace", "rstrip", "split",
    "startswith", "strip", "title", "upper",
})  # fmt: skip
"""What may be called on a value; everything else after a dot is a key of the data."""

LOOP_FIELDS: Final = frozenset({
    "depth", "depth0", "first", "index", "index0", "last", "length", "nextitem", "previtem",
    "revindex", "revindex0",
})  # fmt: skip

RESERVED_NAMES: Final = frozenset({"caller", "kwargs", "self", "super", "varargs"})
"""Names to which Jinja gives objects of its own."""


def is_template(text: str) -> bool:
    """True where rendering could change the text."""
    return "{{" in text or "{%" in text or "{#" in text
