"""One table of words behind the page in the window and the page of the docs."""

from pathlib import Path

from dgn_explorer.words import WORDS, glossary_markdown

PAGE = Path(__file__).parent.parent / "docs" / "glossary.md"


def test_the_page_of_the_docs_is_the_table() -> None:
    assert PAGE.read_text() == glossary_markdown()


def test_every_word_is_there_once_and_explained() -> None:
    plain = [word.plain for word in WORDS]
    assert len(set(plain)) == len(plain) > 20
    for word in WORDS:
        assert word.field and word.meaning.endswith(".") and "|" not in word.meaning
