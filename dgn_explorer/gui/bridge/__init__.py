"""Between Qt and the engine's thread: signals, the event loop, settings, exceptions."""
