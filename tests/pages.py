"""Every page a test fetches is also checked: pages are fetched through `Client` and in no other way.

`problems(html)` lists what is wrong with a page that no test set out to look at: broken HTML, a control without a name,
two elements of one id, a form that cannot be sent, a style or script that the content security policy would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from justhtml import JustHTML
from werkzeug.test import TestResponse

NOT_PROSE = {"code", "kbd", "math", "pre", "samp", "script", "style", "svg", "textarea", "title"}
UNNAMED_INPUTS = {"hidden", "submit", "button", "image", "reset"}
LOADED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "source": "src",
    "iframe": "src",
    "video": "src",
    "use": "href",
}
REFERENCES = (
    "aria-controls",
    "aria-describedby",
    "aria-details",
    "aria-errormessage",
    "aria-labelledby",
    "for",
    "list",
)


def problems(html: str, *, fragment: bool = False) -> list[str]:
    """Sentences about what is wrong with a page, or with a `fragment` that replaces a part of one."""
    return judge(parse(html, fragment=fragment), fragment=fragment)


def parse(html: str, *, fragment: bool = False) -> JustHTML:
    """The page as a browser would build it, with what it had to mend. Parsing is most of what a page costs a test."""
    return JustHTML(html, sanitize=False, collect_errors=True, fragment=fragment)


def judge(document: JustHTML, *, fragment: bool = False) -> list[str]:
    """As `problems`, of a page that was parsed already."""
    found = [f"The HTML is broken: {error}." for error in document.errors]
    sheet = Sheet(document)
    for rule in (*EVERYWHERE, *(() if fragment else WHOLE_PAGE)):
        found += rule(sheet)
    return found


class Sheet:
    """The elements of a page, gathered in one walk: a search by selector for each rule took most of a test’s time."""

    def __init__(self, document: Any) -> None:
        self.root = document.root
        self.elements = list(_below(document.root))

    def named(self, *names: str) -> list[Any]:
        """Elements with one of these names, in the order of the page."""
        return [element for element in self.elements if element.name in names]

    def first(self, name: str) -> Any:
        return next(iter(self.named(name)), None)

    def carrying(self, attribute: str, *names: str) -> list[Any]:
        """Elements with this attribute, and with one of these names if any is given."""
        return [e for e in self.elements if attribute in e.attrs and (not names or e.name in names)]


def _language(sheet: Sheet) -> Iterator[str]:
    if not _attribute(sheet.first("html"), "lang"):
        yield "The html element names no language (lang)."


def _one_heading(sheet: Sheet) -> Iterator[str]:
    headings = sheet.named("h1")
    if len(headings) != 1:
        yield f"There are {len(headings)} h1 headings; a page has one."
        return
    title = sheet.first("title")
    if not title or not _text(title).startswith(_text(headings[0])):
        yield f"The title “{_text(title) if title else ''}” does not begin with the heading “{_text(headings[0])}”."


def _heading_order(sheet: Sheet) -> Iterator[str]:
    level = 1
    for heading in sheet.named("h1", "h2", "h3", "h4", "h5", "h6"):
        if int(heading.name[1]) > level + 1:
            yield f"The heading “{_text(heading)}” jumps from level {level} to {heading.name[1]}."
        level = int(heading.name[1])


def _viewport(sheet: Sheet) -> Iterator[str]:
    viewport = [meta for meta in sheet.named("meta") if _attribute(meta, "name") == "viewport"]
    content = _attribute(viewport[0] if viewport else None, "content")
    if "width=device-width" not in content or "user-scalable" in content or "maximum-scale" in content:
        yield "The viewport must be width=device-width, and the reader may zoom."


def _main(sheet: Sheet) -> Iterator[str]:
    if len(sheet.named("main")) != 1:
        yield "A page has one main element."


def _dead_jumps(sheet: Sheet) -> Iterator[str]:
    ids = {element.attrs["id"] for element in sheet.carrying("id")}
    for link in sheet.carrying("href", "a"):
        target = link.attrs["href"] or ""
        if target.startswith("#") and target[1:] and target[1:] not in ids:
            yield f"The link “{_text(link)}” jumps to {target}, which is not on the page."


def _dead_references(sheet: Sheet) -> Iterator[str]:
    ids = {element.attrs["id"] for element in sheet.carrying("id")}
    for name in REFERENCES:
        for element in sheet.carrying(name):
            for wanted in (element.attrs[name] or "").split():
                if wanted not in ids:
                    yield f"The {element.name} refers to #{wanted} ({name}), which is not on the page."


def _unique_ids(sheet: Sheet) -> Iterator[str]:
    ids = [element.attrs["id"] for element in sheet.carrying("id")]
    for repeated in sorted({one for one in ids if ids.count(one) > 1}):
        yield f"The id “{repeated}” stands {ids.count(repeated)} times."


def _named_controls(sheet: Sheet) -> Iterator[str]:
    labelled = {label.attrs["for"] for label in sheet.carrying("for", "label") if _text(label)}
    for control in sheet.named("input", "select", "textarea"):
        if control.name == "input" and _attribute(control, "type").lower() in UNNAMED_INPUTS:
            continue
        within = any(parent.name == "label" and _text(parent) for parent in _parents(control))
        if not (within or _attribute(control, "id") in labelled or _is_named(control)):
            yield f"The {control.name} “{_attribute(control, 'name')}” has no label."
    for control in [*sheet.named("button", "summary"), *sheet.carrying("href", "a")]:
        if not (_text(control) or _is_named(control) or any(map(_pictures, _below(control)))):
            yield f"A {control.name} has no words: {_start_of(control)}"


def _alternatives(sheet: Sheet) -> Iterator[str]:
    for image in sheet.named("img"):
        if "alt" not in image.attrs:
            yield f"An image has no alt: {_start_of(image)}"
    for drawing in sheet.named("svg"):
        hidden = any(_attribute(element, "aria-hidden") == "true" for element in (drawing, *_parents(drawing)))
        if not (hidden or _is_named(drawing) or any(e.name == "title" for e in _below(drawing))):
            yield f"A drawing has neither a name nor aria-hidden: {_start_of(drawing)}"


def _forms(sheet: Sheet) -> Iterator[str]:
    for form in sheet.named("form"):
        if not _attribute(form, "action"):
            yield f"A form has no action: {_start_of(form)}"
        named = [e for e in _below(form) if e.name == "input" and _attribute(e, "name") == "csrf_token"]
        tokens = [hidden for hidden in named if _attribute(hidden, "value")]
        if _attribute(form, "method").lower() == "post" and len(tokens) != 1:
            yield f"The form to {_attribute(form, 'action')} carries {len(tokens)} csrf_token fields instead of one."
        if _attribute(form, "method").lower() != "post" and tokens:
            yield f"The form to {_attribute(form, 'action')} puts its csrf_token into an address."


def _content_security(sheet: Sheet) -> Iterator[str]:
    if sheet.named("style"):
        yield "A style element stands in the page; the policy refuses it."
    for script in sheet.named("script"):
        if not _attribute(script, "src") and not _attribute(script, "nonce"):
            yield "An inline script stands in the page; the policy refuses it."
    for element in sheet.elements:
        for name, value in element.attrs.items():
            if name == "style":
                yield f"An inline style stands at {_start_of(element)}"
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                yield f"An inline script stands at {_start_of(element)}"


def _own_house(sheet: Sheet) -> Iterator[str]:
    for name, attribute in LOADED.items():
        for element in sheet.carrying(attribute, name):
            if name == "link" and _attribute(element, "rel") == "canonical":
                continue
            if urlsplit(element.attrs[attribute] or "").netloc:
                yield f"The page loads from another host: {element.attrs[attribute]}"


def _quotation_marks(sheet: Sheet) -> Iterator[str]:
    for node, parents in _texts(sheet.root, ()):
        if any(parent in NOT_PROSE for parent in parents):
            continue
        if straight := re.search(r".{0,20}[\"'].{0,20}", node):
            yield f"Straight quotation marks stand in prose: …{straight[0].strip()}…"


WHOLE_PAGE = (_language, _one_heading, _heading_order, _viewport, _main, _dead_jumps, _dead_references)
EVERYWHERE = (
    _unique_ids,
    _named_controls,
    _alternatives,
    _forms,
    _content_security,
    _own_house,
    _quotation_marks,
)


def _attribute(element: Any, name: str) -> str:
    return (element.attrs.get(name) or "") if element else ""


def _text(element: Any) -> str:
    return " ".join(element.to_text(separator="", strip=False).split())


def _start_of(element: Any) -> str:
    return element.to_html(pretty=False)[:80]


def _is_named(element: Any) -> bool:
    return any(_attribute(element, name).strip() for name in ("aria-label", "aria-labelledby", "title"))


def _below(element: Any) -> Iterator[Any]:
    """The elements inside this one, in the order of the page."""
    for child in element.children or ():
        if hasattr(child, "attrs") and not child.name.startswith(("#", "!")):
            yield child
            yield from _below(child)


def _pictures(element: Any) -> bool:
    """Whether an element inside a control says in words what it shows."""
    return bool(
        (element.name == "img" and _attribute(element, "alt"))
        or (element.name == "svg" and "aria-label" in element.attrs)
    )


def _parents(element: Any) -> Iterator[Any]:
    while element.parent is not None and hasattr(element.parent, "attrs"):
        element = element.parent
        yield element


def _texts(node: Any, parents: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for child in node.children or ():
        if child.name == "#text":
            yield child.data, parents
        else:
            yield from _texts(child, (*parents, child.name))


@dataclass
class Page:
    """A page as it was sent, checked. `path` is where it was found, after any redirects that were followed."""

    client: Client
    response: TestResponse
    path: str
    document: Any

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def text(self) -> str:
        """The words of the page, spaces folded."""
        return _text(self.document.root)

    @property
    def heading(self) -> str:
        return _text(self.document.query_one("h1"))

    def select(self, selector: str) -> list[Any]:
        """All elements that a CSS selector finds."""
        return self.document.query(selector)

    def one(self, selector: str) -> Any:
        """The one element that a CSS selector finds."""
        (element,) = self.document.query(selector)
        return element

    def texts(self, selector: str) -> list[str]:
        """The words of each element that a CSS selector finds."""
        return [_text(element) for element in self.document.query(selector)]

    def follow(self, words: str) -> Page:
        """Follow the link that says `words`."""
        targets = {a.attrs["href"] for a in self.document.query("a[href]") if _text(a) == words}
        assert len(targets) == 1, f"{self.path} has {len(targets)} links “{words}”: {self.texts('a[href]')}"
        return self.client.get(urljoin(self.path, targets.pop()))

    def form(self, words: str) -> Form:
        """The form with a button that says `words`; fields as a browser would send them, that button pressed."""
        found = [
            (form, button)
            for form in self.document.query("form")
            for button in form.query("button")
            if words in (_text(button), _attribute(button, "aria-label"))
        ]
        assert len(found) == 1, f"{self.path} has {len(found)} buttons “{words}”: {self.texts('form button')}"
        return Form.read(self, *found[0])


@dataclass
class Form:
    """A form as a browser holds it: what is filled in, and what may be chosen."""

    page: Page
    method: str
    action: str
    fields: dict[str, list[str]]
    choices: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, page: Page, element: Any, button: Any) -> Form:
        """Read the controls of a form; `button` is the one that is pressed."""
        fields: dict[str, list[str]] = {}
        choices: dict[str, list[str]] = {}
        own = _attribute(element, "id")
        beside = page.document.query(f'[name][form="{own}"]') if own else []
        for control in [*element.query("input[name], select[name], textarea[name]"), *beside]:
            if control.name not in ("input", "select", "textarea"):
                continue
            name, kind = control.attrs["name"], _attribute(control, "type").lower()
            if "disabled" in control.attrs or kind in {"submit", "button", "image", "reset"}:
                continue
            values = fields.setdefault(name, [])
            if control.name == "select":
                options = control.query("option")
                choices[name] = [option.attrs.get("value", _text(option)) for option in options]
                chosen = [option for option in options if "selected" in option.attrs]
                if not chosen and "multiple" not in control.attrs:
                    chosen = options[:1]
                values += [option.attrs.get("value", _text(option)) for option in chosen]
            elif kind in {"radio", "checkbox"}:
                choices.setdefault(name, []).append(control.attrs.get("value", "on"))
                if "checked" in control.attrs:
                    values.append(control.attrs.get("value", "on"))
            elif control.name == "textarea":
                values.append(control.to_text(separator="", strip=False).removeprefix("\n"))
            else:
                values.append(_attribute(control, "value"))
        if _attribute(button, "name"):
            fields[button.attrs["name"]] = [_attribute(button, "value")]
        action = _attribute(button, "formaction") or _attribute(element, "action")
        method = (_attribute(button, "formmethod") or _attribute(element, "method") or "get").lower()
        return cls(page, method, urljoin(page.path, action), fields, choices)

    def send(self, *, status: int = 200, **values: str | list[str]) -> Page:
        """Fill in and send; follows redirects. A field that is not there, or a choice not offered, is an error."""
        data = {**self.fields, **self.checked(values)}
        if self.method == "get":
            return self.page.client.get(self.action, status=status, query=data)
        return self.page.client.post(self.action, data, status=status)

    def checked(self, values: Mapping[str, str | list[str]]) -> dict[str, list[str]]:
        """The values as lists, after a look whether a browser could send them."""
        lists = {name: [value] if isinstance(value, str) else list(value) for name, value in values.items()}
        for name, chosen in lists.items():
            assert name in self.fields, f"The form to {self.action} has no field “{name}”: {sorted(self.fields)}"
            foreign = [value for value in chosen if name in self.choices and value not in self.choices[name]]
            assert not foreign, f"The field “{name}” offers {self.choices[name]}, not {foreign}."
        return lists


class Client:
    """A browser without scripts. What is sent as HTML is checked; `raw` is for what is no page and for attackers."""

    def __init__(self, raw: FlaskClient) -> None:
        self.raw = raw

    def get(self, path: str, *, status: int = 200, query: Mapping[str, Any] | None = None) -> Page:
        """Fetch a page, following redirects; `status` is what the last answer must carry."""
        return self._page(self.raw.get(path, query_string=query, follow_redirects=True), status)

    def post(self, path: str, data: Mapping[str, Any] | None = None, *, status: int = 200) -> Page:
        """Send fields as they are, without a form (see `Page.form`), following redirects."""
        return self._page(self.raw.post(path, data=data, follow_redirects=True), status)

    def fragment(self, path: str, data: Mapping[str, Any] | None = None, *, status: int = 200) -> Page:
        """Fetch (or send `data` for) what replaces a part of a page, as the page's script does."""
        headers = {"HX-Request": "true"}
        if data is None:
            return self._page(self.raw.get(path, headers=headers), status, fragment=True)
        return self._page(self.raw.post(path, data=data, headers=headers), status, fragment=True)

    def _page(self, response: TestResponse, status: int, *, fragment: bool = False) -> Page:
        path = response.request.path
        html = response.get_data(as_text=True)
        response.close()
        assert response.status_code == status, f"{path} answered {response.status}, not {status}:\n{html[:2000]}"
        assert response.mimetype == "text/html", f"{path} is {response.mimetype}, no page; fetch it with `client.raw`."
        document = parse(html, fragment=fragment)
        found = judge(document, fragment=fragment)
        assert not found, f"{path} is not fit to be shown:\n" + "\n".join(f"- {problem}" for problem in found)
        return Page(self, response, path, document)
