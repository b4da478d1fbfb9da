"""The shape of the code: front doors, sizes, one place that commits, no clock below the doors."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from tests.support import ROOT, project_files

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LAYERS = next(contract for contract in CONTRACTS if contract["type"] == "layers")
ROOMS = [room for layer in LAYERS["layers"] for room in layer.split(" | ")]
BELOW_THE_DOORS = ROOMS[ROOMS.index("journeys") :]
CONTEXTS = BELOW_THE_DOORS[1:-1]  # all but the journeys and the foundation
MODULE_LINES = 350
ONE_FILE_BY_PURPOSE = {"check_evidence.py"}  # strangers carry it away alone, with every custody pack
FUNCTION_LINES = 25
VIEW_LINES = 12
HTTP_METHODS = {"route", "get", "post", "put", "patch", "delete"}
CLOCK_OR_ENVIRONMENT = re.compile(
    r"datetime\.(now|today)\(|utcnow|date\.today\(|\btime\.\w+\(|func\.now\(|CURRENT_TIMESTAMP|os\.environ|getenv"
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> list[Path]:
    """Python files of these folders; a migration's length is the schema's, so migrations are not measured."""
    inside = [ROOT / folder for folder in folders]
    return [
        path
        for path in project_files("*.py")
        if set(inside) & set(path.parents) and path.parent.name != "versions"
    ]


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, Function):
            yield node


def body_lines(function: Function) -> int:
    """The lines of a function's body, without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def is_view(function: Function) -> bool:
    """Whether a route leads to this function, by a decorator or as a method of a view class."""
    routes = [d.func for d in function.decorator_list if isinstance(d, ast.Call)]
    decorated = any(isinstance(route, ast.Attribute) and route.attr in HTTP_METHODS for route in routes)
    return decorated or function.name in HTTP_METHODS - {"route"}


def too_long(paths: list[Path], limit: int, *, views: bool) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name} has {body_lines(function)} lines"
        for path in paths
        for function in functions(path)
        if body_lines(function) > limit and (is_view(function) or not views)
    ]


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number} {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if pattern.search(line)
    ]


def test_a_context_is_entered_through_its_front_door() -> None:
    graph = grimp.build_graph("labflow", cache_dir=None)
    assert len(CONTEXTS) == 11
    break_ins = [
        f"{importer} imports {inside}"
        for context in CONTEXTS
        for inside in graph.find_descendants(f"labflow.{context}")
        for importer in graph.find_modules_that_directly_import(inside)
        if not f"{importer}.".startswith(f"labflow.{context}.")
    ]
    assert not break_ins, "\n".join(break_ins)


def test_modules_stay_under_350_lines() -> None:
    modules = sources("labflow", "tests", "bench")
    modules = [path for path in modules if path.name not in ONE_FILE_BY_PURPOSE]
    long = [str(path) for path in modules if len(path.read_text().splitlines()) > MODULE_LINES]
    assert not long, "\n".join(long)


def test_functions_stay_within_25_lines() -> None:
    long = too_long(sources("labflow", "bench"), FUNCTION_LINES, views=False)
    assert not long, "\n".join(long)


def test_views_stay_within_12_lines() -> None:
    long = too_long(sources("labflow/web"), VIEW_LINES, views=True)
    assert not long, "\n".join(long)


def test_only_the_database_commits() -> None:
    commits = lines_with(re.compile(r"\.commit\("), sources("labflow"))
    assert {line.split(":")[0] for line in commits} == {"labflow/foundation/database.py"}


def test_time_and_environment_are_passed_in_below_the_doors() -> None:
    inside = sources(*(f"labflow/{package}" for package in BELOW_THE_DOORS))
    found = lines_with(CLOCK_OR_ENVIRONMENT, inside)
    assert not found, "\n".join(found)


def test_tables_keep_their_annotations_at_run_time() -> None:
    tables = [path for path in sources("labflow") if path.name == "tables.py"]
    assert tables
    assert lines_with(re.compile(r"from __future__ import annotations"), tables) == []


def test_every_package_stands_in_the_layers_contract() -> None:
    assert LAYERS["exhaustive"]
    assert LAYERS["exhaustive_ignores"] == ["migrations"]
    packages = {path.parent.name for path in ROOT.glob("labflow/*/__init__.py")}
    assert packages - {"migrations"} <= set(ROOMS)


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("now = datetime.now(UTC)", True),
        ("started = time.monotonic()", True),
        ("possible_time(claimed)", False),
        ("act.at.time()", False),
    ],
)
def test_the_search_for_clocks_finds_clocks_only(line: str, caught: bool) -> None:
    assert bool(CLOCK_OR_ENVIRONMENT.search(line)) is caught
