"""The files around the code agree with each other and with what is really there."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from PIL import Image

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
PAGES = ("README.md", "CONTRIBUTING.md")

EXTRAS = PROJECT["optional-dependencies"]
WANTED = [
    Requirement(line)
    for line in sum(EXTRAS.values(), PROJECT["dependencies"])
    if not line.startswith(PROJECT["name"])  # an extra that brings another one
]


def content_lines(name):
    lines = (line.split(" #")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


PINS = [Requirement(line) for line in content_lines("constraints.txt")]
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


def test_every_pin_names_one_exact_version():
    for pin in PINS:
        assert re.fullmatch(r"==[0-9][0-9A-Za-z.!]*", str(pin.specifier)), f"{pin} is no exact version"


def test_on_each_system_no_package_is_pinned_twice():
    for system in ("linux", "darwin", "win32"):
        for python in ("3.11", "3.12", "3.13"):
            here = {"sys_platform": system, "python_version": python, "python_full_version": f"{python}.9"}
            names = [pin.name for pin in PINS if pin.marker is None or pin.marker.evaluate(here)]
            assert len(names) == len(set(names)), f"{system}, Python {python}"


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_dependency_is_pinned_inside_its_range(wanted):
    name = canonicalize_name(wanted.name)
    versions = [next(iter(pin.specifier)).version for pin in PINS if canonicalize_name(pin.name) == name]
    assert versions, f"{wanted.name} is missing in constraints.txt: run `make pins`"
    for version in versions:
        assert wanted.specifier.contains(version), f"constraints.txt pins {version}, pyproject wants {wanted}"


def test_requirements_lean_on_the_pins_and_bring_every_extra():
    pins, package = content_lines("requirements.txt")
    assert pins == "-c constraints.txt"
    extras = re.fullmatch(r"-e \.\[([a-z,]+)\]", package)[1].split(",")
    assert set(extras) == set(EXTRAS)


def test_environment_yml_leans_on_the_same_pins():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    python, pip, packages = conda
    assert pip == "pip"
    assert packages == {"pip": ["-r requirements.txt"]}, "a version here would be a second place for pins"
    name, version = python.split("=")
    assert name == "python"
    assert SpecifierSet(PROJECT["requires-python"]).contains(version)


def test_python_of_the_makefile_is_the_python_of_the_package():
    needed = re.search(r"sys\.version_info < \((\d+), (\d+)\)", MAKEFILE)
    assert PROJECT["requires-python"] == f">={needed[1]}.{needed[2]}"


@pytest.mark.parametrize("page", [*PAGES, ".ci/run", "swin_edu/commands/checks.py"])
def test_make_targets_that_are_named_exist(page):
    command = r"(?:^|`)(?:\w+=\S+ )?make ([a-z]+)\b"  # opens a line of a code block, or stands in backticks
    named = set(re.findall(command, (ROOT / page).read_text(), re.MULTILINE))
    assert named, "no command was found: the pattern of this test is wrong"
    assert named <= TARGETS


def test_make_alone_lists_every_target():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make (\w+) ", listed, re.MULTILINE)) == TARGETS
    phony = re.search(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)[1].split()
    assert set(phony) == TARGETS


def test_a_python_that_is_too_old_gets_a_clear_message(tmp_path):
    old = tmp_path / "old-python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.8.18" && exit 0\nexit 1\n')
    old.chmod(0o755)
    for python in (old, "no-such-python"):
        run = subprocess.run(
            ["make", "lab", f"PYTHON={python}", f"VENV={tmp_path / 'venv'}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
        assert run.returncode
        assert "needs Python 3.11 or newer" in run.stdout
        assert "PYTHON=python3.12 make lab" in run.stdout
        assert not (tmp_path / "venv").exists()
    assert (
        "Python 3.8.18"
        in subprocess.run(
            ["make", "lab", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        ).stdout
    )


@pytest.mark.parametrize(
    ("make_prints", "make_exits", "ci_passes"),
    [
        ("=== unit\n= 9 passed, 2 skipped in 1s =\n=== browser\n= 3 passed in 1s =", 0, True),
        ("=== unit\n= 9 passed in 1s =\n=== browser\n= 2 passed, 1 skipped in 1s =", 0, False),
        ("=== unit\n= 1 failed in 1s =\n=== browser\n= 3 passed in 1s =", 1, False),
    ],
)
def test_ci_runs_make_test_and_fails_where_it_fails_or_skips_browser_tests(
    tmp_path, make_prints, make_exits, ci_passes
):
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    commands = {"make": f"echo \"called with: $*\"\nprintf '{make_prints}\\n'\nexit {make_exits}"}
    for name in ("make", "node", "chromium"):
        (tmp_path / name).write_text(f"#!/bin/sh\n{commands.get(name, '')}\n")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        [tmp_path / ".ci" / "run"],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        stdin=None,
    )
    assert "called with: test\n" in run.stdout
    assert (run.returncode == 0) == ci_passes, run.stdout + run.stderr
    assert "make test " in README


def test_chapter_table_lists_exactly_the_notebooks_that_exist_as_ready():
    rows = re.findall(r"^\| (\d\d) \| (.+?) \|.*\| (ready|coming) \|$", README, re.MULTILINE)
    assert [number for number, _, _ in rows] == [f"{n:02}" for n in range(len(rows))]
    ready = {
        number: re.search(r"\(notebooks/(.+)\.ipynb\)", words)
        for number, words, state in rows
        if state == "ready"
    }
    there = {path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")}
    assert {link[1] for link in ready.values()} == there
    assert all(link[1].startswith(number) for number, link in ready.items())
    assert not [words for _, words, state in rows if state == "coming" and "](" in words]


def test_links_and_pictures_lead_to_files_that_exist():
    targets = re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r'(?:src|srcset)="([^"]+)"', README)
    local = [target for target in targets if "://" not in target]
    assert {"docs/swin_light.png", "docs/swin_dark.png", "CONTRIBUTING.md", "LICENSE"} <= set(local)
    assert not [target for target in local if not (ROOT / target).exists()]


@pytest.mark.parametrize("page", PAGES)
def test_files_that_are_named_exist(page):
    prefixes = "notebooks/|swin_edu/|tests/|docs/|benchmarks/|\\.ci/"
    named = re.findall(rf"`((?:{prefixes})[\w./]*)`", (ROOT / page).read_text())
    assert not [n for n in named if not (ROOT / n).exists() and "NN_" not in n and "NAME" not in n]


def test_tests_that_the_readme_names_exist():
    named = set(re.findall(r"`(test_\w+)`", README))
    functions = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        functions |= {
            node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)
        }
    assert len(named) >= 5
    assert named <= functions


def test_library_example_of_the_readme_gives_the_shapes_it_says():
    example, trained, loading = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names = {}
    exec(example, names)
    comments = " ".join(re.findall(r"#.*", example))
    said = [ast.literal_eval(shape) for shape in re.findall(r"\(2, [\d, ]+\)", comments)]
    assert len(said) == 3
    assert said == [tuple(names["logits"].shape), *(tuple(stage.shape) for stage in names["maps"][:2])]
    assert len(names["maps"]) == 4
    exec(trained, {**names, "photographs": torch.zeros(2, 3, 32, 32, dtype=torch.uint8)}, names)
    assert names["logits"].shape == (2, len(names["trained"].class_names)) == (2, 10)
    exec(loading.split("\n")[0], names)
    assert callable(names["load_checkpoint"])


def test_picture_is_what_its_script_draws(tmp_path):
    script = ROOT / "docs" / "make_picture.py"
    subprocess.run([sys.executable, script, "--folder", tmp_path], check=True, capture_output=True)
    for theme in ("light", "dark"):
        kept, drawn = (Image.open(folder / f"swin_{theme}.png") for folder in (ROOT / "docs", tmp_path))
        difference = np.abs(np.asarray(kept, dtype=float) - np.asarray(drawn, dtype=float))
        assert difference.mean() < 0.1, "run `python docs/make_picture.py`"  # fonts differ a little by system


def test_citation_names_the_paper_and_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"] == "MIT"
    (paper,) = citation["references"]
    assert paper["title"] == "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows"
    assert paper["authors"][0] == {"family-names": "Liu", "given-names": "Ze"}
    assert len(paper["authors"]) == 8
    assert paper["year"] == 2021
    assert paper["identifiers"][0]["value"] == "arXiv:2103.14030"


def test_licence_is_the_mit_licence():
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("MIT License\n\nCopyright (c) ")
    assert "Permission is hereby granted, free of charge, to any person obtaining a copy" in text
    assert 'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND' in text


PARTS = ("model", "data", "training", "baselines", "visuals", "exercises", "classroom", "commands")
# What each part may import of the others; those that no line names may import what they like.
ARROWS = {
    "model": {"model"},
    "visuals": {"visuals", "model"},
    "exercises": {"exercises", "model", "visuals"},
}
# Drawing takes seconds to import: an exercise that is only checked imports none of it.
MAY_DRAW = {"exercises/pictures.py", "exercises/planes.py", "exercises/moved.py", "exercises/showing.py"}


def imported_parts(path):
    """(part of swin_edu, whether the import stands inside a function) of each import of a file."""
    tree = ast.parse(path.read_text())
    inside = {node for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) for node in ast.walk(f)}
    for node in ast.walk(tree):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if names == ["swin_edu"]:
            names = [f"swin_edu.{alias.name}" for alias in node.names]
        for name in names:
            words = name.split(".")
            if words[0] == "swin_edu" and len(words) > 1 and words[1] in PARTS:
                yield words[1], node in inside


@pytest.mark.parametrize("part", ARROWS)
def test_arrows_between_the_parts_go_one_way(part):
    for path in (ROOT / "swin_edu" / part).rglob("*.py"):
        for other, _ in imported_parts(path):
            assert other in ARROWS[part], f"{path.relative_to(ROOT)} imports {other}"


def test_an_exercise_draws_only_where_somebody_looks():
    for path in (ROOT / "swin_edu" / "exercises").rglob("*.py"):
        drawing = [inside for other, inside in imported_parts(path) if other == "visuals"]
        name = path.relative_to(ROOT / "swin_edu").as_posix()
        assert not drawing or name in MAY_DRAW, name
        if name == "exercises/showing.py":
            assert drawing
            assert all(drawing)
        elif "exercises/showing.py" not in name:  # nobody but showing.py imports those that draw
            text = path.read_text()
            modules = re.findall(r"from swin_edu\.exercises\.(pictures|moved)", text)
            assert not modules or name in MAY_DRAW
