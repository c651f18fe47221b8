from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrich.markup import read_html, read_xml
from enrich.tokens import End, Start, Text, tokens


@pytest.mark.parametrize(
    ("page", "text"),
    [
        pytest.param("<title>T</title><p>one<p>two", "T\n\none\ntwo", id="title first"),
        pytest.param("a<br>b<div>c</div>d", "a\nb\nc\nd", id="blocks are lines"),
        pytest.param("<b>a</b><i>b</i> c", "ab c", id="inline runs on"),
        pytest.param("<table><tr><td>a<td>b</table>", "a\tb", id="cells by tabs"),
        pytest.param("<script>if (a<b) x</script>y<style>p{}</style>", "y", id="no scripts"),
        pytest.param("<template>x</template>y", "y", id="no templates"),
        pytest.param("a <img alt='a red van' src=x> b", "a a red van b", id="words of pictures"),
        pytest.param(
            "<input type=text value=Jo><input type=password value=s><input type=hidden value=h>",
            "Jo",
            id="form fields, not secrets",
        ),
        pytest.param("<textarea>x\n&amp; y</textarea>", "x\n& y", id="text areas"),
        pytest.param("<select><option>a<option>b</select>", "a\nb", id="options"),
        pytest.param("<pre>a\n  b</pre>", "a\nb", id="lines of pre"),
        pytest.param("<p hidden>a</p>b", "a\nb", id="hidden text is read"),
        pytest.param("<noscript>a</noscript>b", "a\nb", id="noscript is read"),
        pytest.param("3 < 4 & 5 &copy 6", "3 < 4 & 5 © 6", id="stray signs"),
        pytest.param("a<!-- b > c -->d<!-->e<!-- f", "ade", id="comments"),
        pytest.param("<p title='x>y'>z", "z", id="a quoted bracket"),
        pytest.param("<svg><title>t</title><text>u</text></svg>", "t\nu", id="words in drawings"),
        pytest.param("a\0b\x0cc", "ab c", id="control characters"),
        pytest.param("a &#xD83D; b &#x110000;", "a \ufffd b \ufffd", id="impossible references"),
        pytest.param("<p", "", id="a tag cut off"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_page_is_read_as_its_reader_sees_it(page: str, text: str) -> None:
    assert read_html(page).text == text


def test_pictures_and_links_are_counted() -> None:
    reading = read_html("<a href=/x><img src=a></a><a name=y><svg></svg><picture><img></picture>")

    assert (reading.images, reading.links) == (3, 1)


def test_a_page_says_its_language_and_canonical_address() -> None:
    reading = read_html('<html lang="en-GB"><link rel="canonical" href="https://example.test/a">')

    assert (reading.language, reading.canonical) == ("en-GB", "https://example.test/a")


def test_a_feed_is_read_with_the_markup_inside_its_text() -> None:
    feed = (
        "<?xml version='1.0'?><rss><channel><title>News</title><item><title>One</title>"
        "<description>&lt;p&gt;A &lt;b&gt;van&lt;/b&gt;&lt;/p&gt;</description>"
        "<x:encoded><![CDATA[<p>B<img src=y></p>]]></x:encoded></item></channel></rss>"
    )

    reading = read_xml(feed)

    assert reading.text == "News\nOne\nA van\nB"
    assert (reading.title, reading.images) == ("News", 1)


def test_entities_of_an_xml_document_are_not_expanded() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "lol"><!ENTITY c "&b;&b;">]><a>&c; end</a>'

    assert read_xml(bomb).text == "&c; end"


@pytest.mark.parametrize(
    "page",
    [
        pytest.param("<div>" * 200_000 + "deep end", id="200,000 levels"),
        pytest.param("<p " + " ".join(f"a{i}=v" for i in range(200_000)) + ">deep end", id="tags"),
        pytest.param("<!--" * 500_000 + "--><p>deep end", id="comments"),
        pytest.param('<a b="' * 300_000 + '"><p>deep end', id="open quotes"),
        pytest.param("<script></script " * 100_000 + "><p>deep end", id="scripts"),
        pytest.param("&#" * 500_000 + "<p>deep end", id="references"),
        pytest.param("<p" + " \n" * 1_000_000 + "x>deep end", id="spaces in a tag"),
        pytest.param("<title>" * 100_000 + "</title><p>deep end", id="titles"),
        pytest.param("<![CDATA[" * 200_000 + "><p>deep end", id="sections"),
    ],
)
def test_a_hostile_page_takes_seconds_and_its_text_is_found(page: str) -> None:
    began = time.perf_counter()

    reading = read_html(page)

    assert reading.text.endswith("deep end")
    assert time.perf_counter() - began < 20  # measured 0.1 to 3 s; a square would take minutes


@given(st.text(alphabet=st.sampled_from(list("<>/!-[]\"'=& abptdscripl;#x0\n\0")), max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_markup_is_read_without_failing(markup: str) -> None:
    assert "\0" not in read_html(markup).text
    assert "\0" not in read_xml(markup).text


def test_tokens_come_in_order_with_their_attributes() -> None:
    found = list(tokens('<A Href="x&amp;y" HREF=z disabled>t</A >'))

    assert found == [
        Start("a", {"href": "x&y", "disabled": ""}, 3),
        Text("t"),
        End("a"),
    ]
