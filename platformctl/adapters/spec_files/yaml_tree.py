"""YAML text to plain values that remember their lines. Stricter than YAML where YAML surprises.

One document; no duplicate keys, no tags, no merge keys; nesting and expansion of anchors bounded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from platformctl.adapters.spec_files.scalars import Scalar, resolve
from platformctl.domain.errors import SpecError
from platformctl.domain.spec_errors import Path, dotted

Value = Scalar | list["Value"] | dict[str, "Value"]

MOST_NODES = 10_000
DEEPEST = 32

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml, where the wheel has it
_ESCAPE = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|.)", re.DOTALL)


@dataclass(frozen=True)
class Tree:
    """A document.

    Args:
        value: Its plain value. Mappings have text keys, whatever YAML would make of them.
        lines: The line, counted from 1, of each mapping key and list item.
    """

    value: Value
    lines: dict[Path, int]

    def line_of(self, path: Path) -> int | None:
        """Return the line of a place, or of the nearest place around it that is in the text."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path)


def load(text: str, source: str) -> Tree:
    """Parse one YAML (or JSON) document.

    Raises:
        SpecError: It cannot be parsed, or is one of the things that are refused; with its line.
    """
    try:
        return _Reader(yaml.parse(_without_surrogates(text), Loader=_LOADER), source).document()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SpecError(
            f"the character U+{_code(error.character):04X} is not allowed ({source}, line {line})"
        ) from error
    except yaml.MarkedYAMLError as error:
        raise _syntax(error, source) from error
    except UnicodeEncodeError as error:
        raise SpecError(f"half of a surrogate pair at character {error.start} ({source})") from error


def _code(character: object) -> int:
    return ord(character) if isinstance(character, str) else int(str(character))


def _without_surrogates(text: str) -> str:
    r"""JSON spells characters beyond U+FFFF as two escapes, `\ud83d\ude00`; YAML as one, `\U0001f600`."""
    return _ESCAPE.sub(_joined, text) if text.lstrip().startswith(("{", "[")) else text


def _joined(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[0]
    code = 0x10000 + ((int(match[1], 16) - 0xD800) << 10) + (int(match[2], 16) - 0xDC00)
    return f"\\U{code:08x}"


def _syntax(error: yaml.MarkedYAMLError, source: str) -> SpecError:
    mark = error.problem_mark or error.context_mark
    place = f"{source}, line {mark.line + 1}, column {mark.column + 1}" if mark else source
    problem = error.problem or error.context or "it cannot be parsed"
    while_ = f" {error.context}" if error.problem and error.context else ""
    hint = "YAML is indented with spaces: is there a tab?" if "cannot start any token" in problem else None
    if "mapping values are not allowed" in problem:
        hint = "put a value that holds ': ' into quotes, and check the indentation"
    return SpecError(f"not YAML: {problem}{while_} ({place})", hint=hint)


def _line(event: yaml.Event) -> int:
    """The line that an event starts on, counted from 1; each event of a parser has its mark."""
    return event.start_mark.line + 1 if event.start_mark else 1


@dataclass
class _Reader:
    """Builds the tree from events. Depth and size are bounded, so that recursion and anchors are."""

    events: Iterator[yaml.Event]
    source: str
    lines: dict[Path, int] = field(default_factory=dict)
    anchors: dict[str, tuple[Value, int]] = field(default_factory=dict)
    nodes: int = 0

    def document(self) -> Tree:
        next(self.events)  # the stream starts
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            raise SpecError(f"there is nothing in it ({self.source})", hint="see docs/spec.md for an example")
        first = next(self.events)
        self.lines[()] = _line(first)
        value = self._node(first, ())
        next(self.events)  # the document ends
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self._refused(after, (), "a second document starts here", "one file, one ModelDeployment")
        return Tree(value, self.lines)

    def _node(self, event: yaml.Event, path: Path) -> Value:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        if not isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            raise self._refused(event, path, f"{type(event).__name__} is not expected here", None)
        self._count(event, path, 1)
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise self._refused(event, path, f"the tag {tag} is not used here", "write the plain value")
        if len(path) > DEEPEST:
            raise self._refused(event, path[:3], f"nested more than {DEEPEST} deep", None)
        before = self.nodes
        value = self._content(event, path)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, self.nodes - before + 1)
        return value

    def _content(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, path: Path) -> Value:
        if isinstance(event, yaml.ScalarEvent):
            return resolve(event.value) if event.implicit[0] else event.value
        return self._mapping(path) if isinstance(event, yaml.MappingStartEvent) else self._sequence(path)

    def _mapping(self, path: Path) -> dict[str, Value]:
        value: dict[str, Value] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._key(event, path)
            here = (*path, key)
            if key in value:
                first = self.lines[here]
                raise self._refused(event, here, f"given twice, first on line {first}", "keep one of them")
            self.lines[here] = _line(event)
            value[key] = self._node(next(self.events), here)
        return value

    def _key(self, event: yaml.Event, path: Path) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise self._refused(event, path, "a key is a plain word", None)
        if event.value == "<<" and event.implicit[0]:
            raise self._refused(event, path, "merge keys (<<) are not used here", "write the fields out")
        return event.value

    def _sequence(self, path: Path) -> list[Value]:
        value: list[Value] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            here = (*path, len(value))
            self.lines[here] = _line(event)
            value.append(self._node(event, here))
        return value

    def _alias(self, event: yaml.AliasEvent, path: Path) -> Value:
        if event.anchor not in self.anchors:
            raise self._refused(event, path, f"*{event.anchor} stands for nothing that ends before it", None)
        value, size = self.anchors[event.anchor]
        self._count(event, path, size)
        return value

    def _count(self, event: yaml.Event, path: Path, more: int) -> None:
        self.nodes += more
        if self.nodes > MOST_NODES:
            raise self._refused(event, path[:3], f"more than {MOST_NODES} values, anchors expanded", None)

    def _refused(self, event: yaml.Event, path: Path, message: str, hint: str | None) -> SpecError:
        line = _line(event)
        return SpecError(f"{message} ({self.source}, line {line})", field=dotted(path) or None, hint=hint)
