"""Markdown: what authors may write, what is refused with a sentence, and what can never come out."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown import Markdown as Converter

from quizapp.formats import markdown
from quizapp.formats.markdown import citations, render, render_fields
from quizapp.formats.native import Trap

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\u200bscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](//evil.example/)",
    "[x](/\\evil.example/)",
    "[x](\\\\evil.example)",
    "[x]: javascript:alert(1)\n\n[x]",
    "[x][y]\n\n[y]: data:text/html,x",
    "<javascript:alert(1)>",
    "<https://example.org/\"onmouseover=alert(1)>",
    "[x](https://example.org/\"onmouseover=\"alert(1))",
    "[x](https://example.org 'a\" onmouseover=\"alert(1)')",
    "![x](https://example.org/x.png)",
    "![x][y]\n\n[y]: https://example.org/x.png",
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
    "``<b>`` <b>",
    "<!-- --><script>alert(1)</script>",
    "<![CDATA[<script>]]>",
    "<?php echo 1 ?>",
    "<style>*{display:none}</style>",
    "<math><mtext><style><img onerror=alert(1)></style></mtext></math>",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\text{<script>alert(1)</script>}$",
    "$\\style{color:red}{x}$",
    "$<img src=x onerror=alert(1)>$",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script\\>alert(1)\\</script\\>",
    "[@N1\"><script>alert(1)</script>]",
    "[@N1](javascript:alert(1))",
    "[^1]\n\n[^1]: <script>alert(1)</script>",
    "[^\"><script>]\n\n[^\"><script>]: x",
    "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
    "| a |\n|:-:|\n| b |\n{: onclick=alert(1) }",
    "x {: onclick=alert(1) style=color:red #id .cls }",
    "\u0002klzzwxh:0000\u0003",
    "\u0002wzxhzdk:0\u0003",
    "term\n:   <iframe src=https://example.org></iframe>",
    "# <form action=https://example.org>",
    "\ue0000\ue001",
]  # fmt: skip


class Judge(HTMLParser):
    """Refuses everything that a page's reader could be harmed by."""

    TAGS = frozenset(
        {"a", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em", "h3", "h4", "hr", "li", "ol", "p", "pre"}
        | {"strong", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul", "math", "mrow", "mi", "mn", "mo", "ms"}
        | {"mtext", "mspace", "msup", "msub", "msubsup", "mfrac", "msqrt", "mroot", "mover", "munder", "munderover"}
        | {"mtable", "mtr", "mtd", "mpadded", "mphantom", "menclose"}
    )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.TAGS, tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name not in ("style", "src", "action", "srcdoc", "formaction"), name
            if name == "href":
                assert value is not None
                assert value.startswith(("https://", "http://", "#")) or (value[0] == "/" and value[1:2] not in "/\\")

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def judged(html: str) -> str:
    judge = Judge()
    judge.feed(html)
    judge.close()
    return html


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_harmful_comes_out(hostile: str) -> None:
    for section in (None, "s"):
        for text in (hostile, f"a *b* {hostile} c", f"> - {hostile}"):
            judged(render(text, section=section)[0])
            judged(render(text, inline=True)[0])


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_whitelist_holds_alone_if_the_first_wall_misses_something(hostile: str) -> None:
    raw = Converter(extensions=["tables", "footnotes", "def_list", "attr_list"])

    judged(markdown._clean(raw.convert(hostile), "s"))
    judged(markdown._clean(hostile, "s"))


@settings(max_examples=100)
@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20), max_size=6).map(" ".join))
def test_no_mixture_of_harmful_things_comes_out(text: str) -> None:
    judged(render(text, section="s")[0])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a <b>bold</b> word", "raw-html"),
        ("![x](y.png)", "picture"),
        ("[x](javascript:alert)", "link"),
        ("[x](lesson.md)", "link"),
        ("[@N12, N13]", "citation"),
        ("[@N12", "citation"),
        ("a " + "[" * 20, "tangled"),
        ("> " * 20 + "a", "tangled"),
        ("a ****b", "tangled"),
        ("x" * 8_001, "too-long"),
        ("$" + "x" * 500 + "$", "formula"),
    ],
)
def test_what_is_refused_has_a_rule_and_no_html(text: str, rule: str) -> None:
    html, flaws = render(text)

    assert html == ""
    assert rule in [flaw.rule for flaw in flaws]


def test_a_flaw_knows_its_line() -> None:
    assert [(flaw.line, flaw.rule) for flaw in render("a\n\nb <i>\n\n[x](y)")[1]] == [(2, "raw-html")]


def test_signs_of_the_subject_are_no_html() -> None:
    assert render("p < 0.05, GFR <10, K+ & Ca2+, 5-HT1A → Gi/o, costs $5 or $6", inline=True) == (
        'p &lt; 0.05, GFR &lt;10, K+ &amp; Ca2+, <span class="nobr">5-HT1A</span> → Gi/o, costs $5 or $6',
        (),
    )


def test_facts_are_cited_as_small_links_to_their_pages() -> None:
    assert render("Brakes.[@N12; @N1.7a]", inline=True)[0] == (
        'Brakes.<sup class="ev"><a href="/evidence/N12">N12</a> <a href="/evidence/N1.7a">N1.7a</a></sup>'
    )
    assert citations("a [@N1]\n\nb [@N2; @N3]") == [(0, "N1"), (2, "N2"), (2, "N3")]


def test_formulas_become_mathml() -> None:
    html = render("$K_i \\le \\frac{1}{2}$", inline=True)[0]

    assert html.startswith('<math display="inline"><mrow><msub><mi>K</mi>')
    assert "<mfrac>" in html


def test_tables_align_by_class_have_scoped_headings_and_scroll() -> None:
    html = render("| a | b |\n|---|--:|\n| c | d |", section="s")[0]

    assert html.startswith('<div aria-label="Table" class="scroll" role="group" tabindex="0"><table>')
    assert '<th class="right" scope="col">b</th>' in html
    assert "style" not in html


def test_an_empty_corner_of_a_table_heads_nothing() -> None:
    html = render("| | Age |\n|---|--:|\n| P | 35 |", section="s")[0]

    assert "<thead>\n<tr>\n<td></td>\n" in html
    assert html.count("scope=") == 1


def test_links_that_leave_are_marked_and_give_nothing_away() -> None:
    assert render("[x](https://example.org/a?b=1&c=2)", inline=True)[0] == (
        '<a class="external" href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">x</a>'
    )
    assert render("[x](/lessons/a#b)", inline=True)[0] == '<a href="/lessons/a#b">x</a>'


def test_footnotes_of_two_sections_do_not_meet() -> None:
    one, two = (render("a[^1]\n\n[^1]: b", section=name)[0] for name in ("one", "two"))

    assert 'id="fn-one-1"' in one
    assert 'href="#fn-one-1"' in one
    assert 'id="fnref-one-1"' in one
    assert "-one-" not in two


def test_an_inline_text_is_one_paragraph() -> None:
    assert render("a **b**", inline=True) == ("a <strong>b</strong>", ())
    for text in ("a\n\nb", "- a", "> a", "| a |\n|---|\n| b |"):
        assert [flaw.rule for flaw in render(text, inline=True)[1]] == ["one-paragraph"], text


def test_fields_are_rendered_where_they_are_marked_and_nowhere_else() -> None:
    trap = Trap(id="NX3", belief="It is *direct*.", why="No: 5 < 6.", facts=["N1"])

    assert render_fields(trap)[0] == {
        "id": "NX3",
        "belief": "It is <em>direct</em>.",
        "why": "No: 5 &lt; 6.",
        "facts": ["N1"],
    }


TANGLED = [
    "*", "_", "*a", "**a ", "[", "![", "`a``b", "<", "&", ">", "- ", "1. ", "|", "[^1]", "$", "$a$ ", "\\", "&#x", "a_",
    "]", "[](", "[a](<", "\n|-", "| a |\n", "x\n: y\n", "a\n\n* ", "[a]: b\n", "[^a]: b\n", "<http://", "***a ",
    "[a](((", "[a](b '", "a\n=\n", "### ", "[@N1; ", "  ", "\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", TANGLED)
def test_no_text_takes_long(piece: str) -> None:
    begun = time.process_time()

    render((piece * 64_000)[:7_990])
    render((piece * 64_000)[:63_990], section="s")

    assert time.process_time() - begun < 10, "a save would seem to hang"


def test_a_name_with_a_hyphen_is_not_parted_at_the_end_of_a_line() -> None:
    html = render("Block 5-HT2C- and 5-HT3-receptors, `5-HT` and 15-HTX.", inline=True)[0]
    assert html.count('<span class="nobr">') == 2
    assert '<span class="nobr">5-HT2C</span>-' in html
