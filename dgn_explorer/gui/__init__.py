"""The window: the only package that imports Qt.

Its rooms, from the ground up; each imports only those before it:

* `look`: colours, texts, buttons, cards, canvas: how things look, knowing nothing of the program.
* `bridge`: the event loop, the engine's thread, preferences, system signals.
* `state`: what the window knows and shows nowhere by itself. No widgets. With `bridge` the only
  room that reads the engine's messages.
* `desk`: what features share: actions, menus, panels, pages, notices. Begin at `desk.feature` and
  `desk.desk`.
* `features`: one folder each, none knows another; `features.table` lists them.
* `frame`: opening a network, closing, permission, help.
* `window` loops over the features, `app` puts engine, session and window together.
"""
