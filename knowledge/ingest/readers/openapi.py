"""OpenAPI and other YAML or JSON: one clause an operation, a schema, or a top-level key."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from knowledge.ingest.archive import Budget
from knowledge.ingest.characters import Screen
from knowledge.ingest.model import Clause, Finding, Link, Piece, PieceKind
from knowledge.ingest.number import Identity, of_cover, of_name
from knowledge.ingest.readers.attributes import MULTIPLE_OF, Attribute, rows
from knowledge.ingest.readers.draft import Draft
from knowledge.ingest.readers.plain import decode
from knowledge.ingest.readers.yaml_text import Yaml, load

_METHODS = ("get", "put", "post", "patch", "delete")


def read(data: bytes, budget: Budget) -> Draft:
    """The file's draft; ``externalDocs`` names specification and version where it is OpenAPI."""
    screen = Screen()
    repeated: list[str] = []
    root = _map(load(decode(data, screen), budget.limits, screen, repeated))
    findings = screen.findings()
    if repeated:
        findings.append(
            Finding(code="key.repeated", detail=", ".join(repeated[:5]), count=len(repeated))
        )
    reader = _OpenApi()
    if "openapi" in root or "swagger" in root:
        reader.read(root)
    else:
        for key, value in root.items():
            reader.clause(key, key, [Piece.of(PieceKind.CODE, outline_of(value))])
    info = _map(root.get("info", {}))
    said = of_cover(_text(_map(root.get("externalDocs", {})), "description"))
    return Draft(
        clauses=tuple(reader.clauses),
        findings=tuple(findings),
        identity=said or Identity("", _text(info, "version")),
        title=_text(info, "title"),
        links=tuple(reader.links),
    )


def outline_of(value: Yaml, indent: int = 0) -> str:
    """YAML of plain maps, lists and scalars."""
    pad = "  " * indent
    if isinstance(value, str):
        return f"{pad}{value}"
    if isinstance(value, list):
        return "\n".join(f"{pad}-\n{outline_of(item, indent + 1)}" for item in value)
    return "\n".join(
        f"{pad}{key}: {item}"
        if isinstance(item, str)
        else f"{pad}{key}:\n{outline_of(item, indent + 1)}"
        for key, item in value.items()
    )


class _OpenApi:
    def __init__(self) -> None:
        self.clauses: list[Clause] = []
        self.links: list[Link] = []

    def clause(self, number: str, title: str, pieces: list[Piece]) -> None:
        path = tuple(number.split("/")) if number != title else (title,)
        self.clauses.append(
            Clause(number=number, title=title, path=path, level=1, pieces=tuple(pieces))
        )

    def read(self, root: dict[str, Yaml]) -> None:
        for path, item in _map(root.get("paths", {})).items():
            for method in _METHODS:
                operation = _map(_map(item).get(method, {}))
                if operation:
                    title = _text(operation, "operationId") or _text(operation, "summary")
                    pieces = self._described(operation)
                    pieces.append(Piece.of(PieceKind.CODE, outline_of(operation)))
                    self.clause(f"{method} {path}", title or path, pieces)
        for name, schema in _map(_map(root.get("components", {})).get("schemas", {})).items():
            described = _map(schema)
            attributes = list(self._attributes("", described))
            pieces = self._described(described)
            pieces.append(Piece.table(rows(attributes), name))
            self.clause(f"schemas/{name}", name, pieces)

    @staticmethod
    def _described(node: dict[str, Yaml]) -> list[Piece]:
        text = " ".join(_text(node, "description").split())
        return [Piece.of(PieceKind.PARAGRAPH, text)] if text else []

    def _attributes(self, path: str, schema: dict[str, Yaml]) -> Iterator[Attribute]:
        target = _text(schema, "$ref")
        if target:
            self._link(target)
        kind = target.rpartition("/")[2] or _text(schema, "type")
        yield Attribute(
            path=path or "(itself)",
            type=kind,
            values=_values(schema),
            default=_text(schema, "default"),
            meaning=_text(schema, "description"),
        )
        for name, inner in _map(schema.get("properties", {})).items():
            yield from self._attributes(f"{path}.{name}" if path else name, _map(inner))
        if "items" in schema:
            yield from self._attributes(f"{path}[]", _map(schema["items"]))
        for word in ("allOf", "oneOf", "anyOf"):
            choices = schema.get(word, [])
            for choice in choices if isinstance(choices, list) else []:
                yield from self._attributes(path, _map(choice))

    def _link(self, target: str) -> None:
        file, _, pointer = target.partition("#")
        spec = of_name(PurePosixPath(file).stem)
        number = "/".join(pointer.split("/")[-2:])
        if spec is not None or not file:
            link = Link(clause=len(self.clauses), spec=spec.spec if spec else "", number=number)
            if link not in self.links[-50:]:
                self.links.append(link)


def _values(schema: dict[str, Yaml]) -> str:
    literals = schema.get("enum")
    if isinstance(literals, list):
        return "|".join(literal for literal in literals if isinstance(literal, str))
    low, high, step = (_text(schema, key) for key in ("minimum", "maximum", "multipleOf"))
    numbers = (f"{low}..{high}" if low or high else "", f"{MULTIPLE_OF}{step}" if step else "")
    return " ".join(filter(None, numbers)) or _text(schema, "pattern")


def _map(value: Yaml) -> dict[str, Yaml]:
    return value if isinstance(value, dict) else {}


def _text(node: dict[str, Yaml], key: str) -> str:
    value = node.get(key, "")
    return value if isinstance(value, str) else ""
