"""Built-in functions, as expressions of ours over their arguments, which are expressions too."""

from collections.abc import Callable, Mapping

Make = Callable[..., str]

NAMESPACES = frozenset({"array", "date", "html", "math", "object", "regex", "string", "timespan"})
"""A name that begins with one of these is a function; all others are data."""


def _filter(name: str) -> Make:
    return lambda value: f"({value} | {name})"


def _filter_by(name: str) -> Make:
    return lambda value, argument: f"({value} | {name}({argument}))"


def _method(name: str) -> Make:
    return lambda value, argument: f"({value}).{name}({argument})"


def _operator(sign: str) -> Make:
    return lambda left, right: f"({left} {sign} {right})"


FUNCTIONS: Mapping[str, Make] = {
    "string.append": _operator("~"),
    "string.prepend": lambda value, before: f"({before} ~ {value})",
    "string.capitalize": _filter("capitalize"),
    "string.capitalizewords": _filter("title"),
    "string.contains": lambda value, part: f"({part} in {value})",
    "string.downcase": _filter("lower"),
    "string.empty": lambda value: f"(not {value})",
    "string.ends_with": _method("endswith"),
    "string.lstrip": lambda value: f"({value}).lstrip()",
    "string.replace": lambda value, old, new: f"({value} | replace({old}, {new}))",
    "string.remove": lambda value, part: f"({value} | replace({part}, ''))",
    "string.rstrip": lambda value: f"({value}).rstrip()",
    "string.size": _filter("length"),
    "string.split": _filter_by("split"),
    "string.starts_with": _method("startswith"),
    "string.strip": _filter("trim"),
    "string.to_double": _filter("float"),
    "string.to_float": _filter("float"),
    "string.to_int": _filter("int"),
    "string.to_long": _filter("int"),
    "string.truncate": lambda value, length: f"({value} | truncate({length}, true))",
    "string.upcase": _filter("upper"),
    "array.add": lambda value, one: f"({value} + [{one}])",
    "array.concat": _operator("+"),
    "array.compact": lambda value: f"({value} | reject('none') | list)",
    "array.contains": lambda value, one: f"({one} in {value})",
    "array.first": _filter("first"),
    "array.join": _filter_by("join"),
    "array.last": _filter("last"),
    "array.limit": lambda value, count: f"({value})[:{count}]",
    "array.map": lambda value, member: f"({value} | map(attribute={member}) | list)",
    "array.offset": lambda value, count: f"({value})[{count}:]",
    "array.reverse": lambda value: f"({value} | reverse | list)",
    "array.size": _filter("length"),
    "array.sort": lambda value, member="none": f"({value} | sort(attribute={member}))",
    "array.uniq": lambda value: f"({value} | unique | list)",
    "math.abs": _filter("abs"),
    "math.ceil": lambda value: f"({value} | round(0, 'ceil') | int)",
    "math.divided_by": _operator("/"),
    "math.floor": lambda value: f"({value} | round(0, 'floor') | int)",
    "math.minus": _operator("-"),
    "math.modulo": _operator("%"),
    "math.plus": _operator("+"),
    "math.round": lambda value, digits="0": f"({value} | round({digits}))",
    "math.times": _operator("*"),
    "date.add_days": lambda value, count: f"({value} | dateadd(days={count}))",
    "date.add_hours": lambda value, count: f"({value} | dateadd(hours={count}))",
    "date.add_minutes": lambda value, count: f"({value} | dateadd(minutes={count}))",
    "date.now": lambda: "now",
    "date.parse": lambda value: value,
    "date.to_string": _filter_by("dateformat"),
    "html.escape": _filter("escape"),
    "html.url_encode": _filter("urlencode"),
    "html.url_escape": _filter("urlencode"),
    "object.default": _filter_by("default"),
    "object.size": _filter("length"),
    "object.to_json": _filter("tojson"),
}
