"""Preferences and the glossary."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel

from dgn_explorer.gui.frame.glossary_dialog import GlossaryDialog
from dgn_explorer.gui.frame.preferences_dialog import PreferencesDialog
from dgn_explorer.gui.state import keeping
from dgn_explorer.gui.state.display import Level, Notice
from dgn_explorer.machine.threads import Threads, choose_threads, known_threads
from dgn_explorer.networks.address import UnitAddress
from dgn_explorer.synthesis.step_sizes import remember_step, remembered_count
from tests.gui.conftest import Explorer


def preferences(explorer: Explorer) -> PreferencesDialog:
    explorer.desk.table["preferences"].trigger()
    dialog = explorer.window.findChild(PreferencesDialog)
    assert dialog is not None
    explorer.until(lambda: dialog.threads.isEnabled())
    return dialog


def test_every_choice_counts_at_once(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    choose_threads(3)
    remember_step("a" * 8, "b" * 8, 0.3)
    dialog = preferences(explorer)
    assert dialog.theme.currentText() == "Light"
    dialog.theme.setCurrentIndex(2)
    dialog.theme.activated.emit(2)
    assert explorer.theme.choice == "dark"
    assert dialog.threads.currentText() == "3 threads"
    dialog.threads.setCurrentIndex(2)
    dialog.threads.activated.emit(2)
    explorer.until(lambda: known_threads() == Threads(4, 2, chosen=True))
    dialog.threads.setCurrentIndex(0)
    dialog.threads.activated.emit(0)
    explorer.until(lambda: known_threads() is None)
    assert dialog.steps.isEnabled() and remembered_count() == 2
    dialog.steps.click()
    explorer.until(lambda: remembered_count() == 0 and not dialog.steps.isEnabled())
    dialog.quality.setCurrentText("Quick")
    dialog.quality.activated.emit(0)
    settings = explorer.session.settings
    assert settings.value.parameters == settings.presets["quick"]
    assert explorer.controls.quality.word.text() == "Quick"
    assert explorer.desk.preferences.get("quality_level", 0) == -1
    dialog.quiet.click()
    explorer.session.notice.emit(Notice("for your information"))
    explorer.session.notice.emit(Notice("deleted", action="Undo", run=list))
    explorer.session.notice.emit(Notice("beware", Level.WARNING))
    assert [card.notice.text for card in explorer.notices.cards()][-2:] == ["deleted", "beware"]
    assert "for your information" not in [c.notice.text for c in explorer.notices.cards()]
    dialog.closing.click()
    dialog.long_queue.click()
    keep = explorer.desk.preferences
    assert not keep.get("ask_before_closing", True)
    assert not keep.get("say_when_queue_ends", True)
    dialog.close()


def test_the_oldest_go_into_the_trash_when_there_are_too_many(
    explorer: Explorer, make_explorer: Callable[..., Explorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("volcano", "strawberry", "goldfish"):
        explorer.make(name)
    explorer.notes.toggle_favourite(UnitAddress("fc", 1))
    dialog = preferences(explorer)
    dialog.most.selectAll()
    explorer.qtbot.keyClicks(dialog.most, "1")
    dialog.most.editingFinished.emit()
    assert explorer.desk.preferences.get("most_gigabytes", 0) == 1
    dialog.close()
    explorer.until(lambda: not explorer.flows.busy)
    sizes = [item.bytes for item in explorer.session.library.items]
    explorer.desk.preferences.save()
    explorer.window.close_at_once()
    monkeypatch.setattr(keeping, "_GB", sizes[0] + sizes[2] + 1.0)
    again = make_explorer()
    again.session.open("tiny", "default")
    again.until(lambda: again.session.library.trash)
    assert [item.label for item in again.session.library.trash] == ["strawberry"]
    notice = next(c.notice for c in again.notices.cards() if "older picture" in c.notice.text)
    notice.run()
    again.until(lambda: len(again.session.library.items) == 3)


def test_the_folders_are_named_with_what_is_in_them(explorer: Explorer, home: Path) -> None:
    explorer.make("volcano")
    explorer.until(lambda: explorer.session.library.items)
    dialog = preferences(explorer)
    texts = [x.text() for x in dialog.findChildren(QLabel)]
    assert "1 picture, 0 MB" in texts
    assert str(home / "data" / "results") in texts
    dialog.close()


def test_the_glossary_finds_words_of_either_language(explorer: Explorer) -> None:
    explorer.desk.table["glossary"].trigger()
    dialog = explorer.window.findChild(GlossaryDialog)
    assert len(dialog.shown()) > 20
    explorer.qtbot.keyClicks(dialog.search, "prior")
    assert "generator" in dialog.shown() and "class" not in dialog.shown()
    dialog.search.setText("detail")
    assert "detail, quality" in dialog.shown()
    dialog.search.setText("zzzz")
    assert dialog.shown() == []
    dialog.close()
