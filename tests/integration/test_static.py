"""The files made by others are the ones we say they are, and the pages use only what is there."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from quizapp import itemtypes, paths

STATIC = paths.package / "static"
VENDORED = json.loads((STATIC / "vendor" / "vendor.json").read_text("utf-8"))
TEMPLATES = sorted(paths.templates().rglob("*.html")) + sorted(itemtypes.type_folder.rglob("*.html"))
STYLES = sorted((STATIC / "css").glob("*.css"))
RAW_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl|oklch|oklab|lab)\(")


def integrity(file: Path) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode()


@pytest.mark.parametrize("entry", VENDORED, ids=lambda entry: entry["path"])
def test_a_vendored_file_is_byte_for_byte_the_one_that_was_reviewed(entry: dict[str, str]) -> None:
    assert integrity(STATIC / entry["path"]) == entry["integrity"]
    assert (STATIC / entry["licence_file"]).stat().st_size > 500
    assert entry["version"]
    assert entry["package"]
    assert entry["taken_from"]
    assert entry["licence"]


def test_every_file_made_by_others_is_listed() -> None:
    found = {
        str(file.relative_to(STATIC))
        for folder, pattern in (("vendor", "*.js"), ("vendor", "*.css"), ("fonts", "*.*"), (".", "icons.svg"))
        for file in (STATIC / folder).glob(pattern)
        if not file.name.endswith("-LICENSE.txt")
    }
    assert found == {entry["path"] for entry in VENDORED}


def test_every_icon_that_a_template_or_script_asks_for_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text("utf-8")))
    asked = {
        name
        for file in TEMPLATES
        for name in re.findall(r'icon\("([a-z0-9-]+)"\)|icons\.svg\'\) }}#([a-z0-9-]+)', file.read_text("utf-8"))
        for name in name
        if name
    }
    asked |= {
        name
        for file in (STATIC / "js").glob("*.js")
        for name in re.findall(r'icon\("([a-z0-9-]+)"\)', file.read_text("utf-8"))
    }
    assert asked, "the search for icons finds none: the macro was renamed, so mend this test"
    assert asked <= sprite


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_a_template_has_no_inline_script_or_style(file: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", file.read_text("utf-8"), flags=re.S)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    for tag in re.findall(r"<script[^>]*>", text):
        assert "src=" in tag or "nonce=" in tag, "a script is a file of its own: the content security policy blocks it"


@pytest.mark.parametrize("file", STYLES, ids=lambda file: file.name)
def test_colours_are_named_in_one_file_only(file: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", file.read_text("utf-8"), flags=re.S)
    if file.name != "tokens.css":
        assert not RAW_COLOUR.findall(text)


def test_every_token_in_use_is_defined() -> None:
    defined = set(re.findall(r"(--[a-z0-9-]+)\s*:", "".join(file.read_text("utf-8") for file in STYLES)))
    used = set(re.findall(r"var\((--[a-z0-9-]+)", "".join(file.read_text("utf-8") for file in STYLES)))
    assert used <= defined


@pytest.mark.parametrize("file", STYLES, ids=lambda file: file.name)
def test_a_style_sheet_loads_nothing_from_elsewhere(file: Path) -> None:
    text = file.read_text("utf-8")
    assert "@import" not in text
    assert "//" not in re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    for address in re.findall(r"url\(([^)]+)\)", text):
        assert (file.parent / address.strip("\"'")).is_file()
