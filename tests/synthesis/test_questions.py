"""The questions: every row can be asked for, in words that people read."""

from importlib import resources

import pytest

from dgn_explorer.studies.questions import About, question_named, questions, questions_of
from dgn_explorer.synthesis.methods.caricature.about import ROLES
from dgn_explorer.synthesis.parameters import ParameterKind
from dgn_explorer.synthesis.question import Subject


def test_names_are_unique_over_both_tables() -> None:
    names = [about.name for about in questions()]
    assert len(set(names)) == len(names)
    assert [question_named(name).name for name in names] == names


@pytest.mark.parametrize("about", questions(), ids=lambda about: about.name)
def test_a_question_says_what_comes_of_it(about: About) -> None:
    question = about.asked
    assert question.word and question.sentence.endswith(".")
    assert not question.sentence.endswith("..") and len(question.sentence) < 100
    kinds = {spec.name: spec.kind for spec in about.parameters.specs()}
    for name in filter(None, (question.quality, question.count)):
        assert kinds[name] in (ParameterKind.INTEGER, ParameterKind.NUMBER)
    if question.example:
        assert resources.files("dgn_explorer.resources").joinpath(question.example).is_file()


def test_a_photo_needs_a_unit_or_a_layer_where_the_question_says_so() -> None:
    beside = {about.name: about.asked.beside for about in questions_of(Subject.PHOTO)}
    assert beside["saliency"] is Subject.UNIT
    assert beside["inversion"] is Subject.LAYER
    assert beside["verdict"] is None


def test_the_photo_that_is_asked_about_is_not_asked_for_again() -> None:
    choosable = {
        name: [spec.name for spec in question_named(name).choosable]
        for name in ("inversion", "prior-inversion", "caricature", "saliency", "maps")
    }
    assert choosable.pop("caricature") == list(ROLES[1:])  # more of them: their mean
    assert not any(choosable.values())
