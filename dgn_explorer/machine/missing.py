"""Parts of the program that cannot be loaded, in a sentence: packages and system libraries.

Free of everything that may be missing itself.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping

from dgn_explorer.errors import DgnError

# module -> (what people call it, the package that brings it)
_PARTS = {
    "torch": ("PyTorch", "torch"),
    "torchvision": ("torchvision", "torchvision"),
    "PySide6": ("Qt for Python", "PySide6-Essentials"),
    "shiboken6": ("Qt for Python", "shiboken6"),
    "qasync": ("qasync", "qasync"),
    "h5py": ("h5py", "h5py"),
    "numpy": ("NumPy", "numpy"),
    "PIL": ("Pillow", "pillow"),
    "safetensors": ("safetensors", "safetensors"),
    "platformdirs": ("platformdirs", "platformdirs"),
    "click": ("click", "click"),
}
# library -> its package in Debian and Ubuntu; others have other names for them
_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
    "libstdc++.so.6": "libstdc++6",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
_SHARED = re.compile(r"(?P<name>[\w.+-]+\.so[\w.]*): cannot open shared object file")
_DLL = ("DLL load failed", "WinError 126", "WinError 127", "WinError 1114")
_WITHOUT = "Everything but the window works without it, see: dgn-explorer --help"
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def missing_part(error: BaseException) -> DgnError | None:
    """What is said of an ``error`` while a package was loaded; None for any other error.

    >>> print(missing_part(ModuleNotFoundError("No module named 'h5py'", name="h5py")))
    h5py is not installed. Install it with: python -m pip install h5py
    >>> missing_part(ValueError("no")) is None
    True
    """
    if isinstance(error, ModuleNotFoundError):
        part = _PARTS.get((error.name or "").partition(".")[0])
        if part is not None:
            title, package = part
            return DgnError(f"{title} is not installed.", f"Install it with: {_pip(package)}")
    name = _loaded_part(error)
    if name is None:
        return None
    title, package = _PARTS[name]
    library = _SHARED.search(str(error))
    if library is not None and not library["name"].startswith(("libtorch", "libc10", "libQt6")):
        return _missing_library(title, library["name"], window=package == "PySide6-Essentials")
    said = " ".join(f"{type(error).__name__}: {error}".split())
    again = f"Install it again: {_pip(f'--force-reinstall {package}')}"
    if sys.platform == "win32" and any(sign in said for sign in _DLL):
        again = f"Install the Microsoft Visual C++ Redistributable. {again}"
    return DgnError(f"{title} cannot be loaded ({said[:300]}).", again)


def no_display(environment: Mapping[str, str], platform: str) -> DgnError | None:
    """What is said where no window can appear, because there is no screen to show it on."""
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return None
    if any(environment.get(name) for name in _DISPLAYS):
        return None
    return DgnError(
        "There is no display for a window: neither DISPLAY nor WAYLAND_DISPLAY is set.",
        "Start it on a desktop, or log in with: ssh -X. Without one the command line does the same:"
        " dgn-explorer visualize --help",
    )


def no_window(said: str, warned: str) -> DgnError:
    """What is said when Qt ends the program because it cannot open a window.

    ``said`` is its last word, ``warned`` what it has complained of before.
    """
    library = next((name for name in _LIBRARIES.values() if name in warned), "")
    if not library and "xcb-cursor" in warned:
        library = "libxcb-cursor0"
    if library:
        return DgnError(
            f"The window cannot open: the system library {library} is missing.",
            f"Install it, on Debian and Ubuntu with: sudo apt install {library}. {_WITHOUT}",
        )
    if "connect to display" in warned or "wayland" in warned.lower():
        shown = ", ".join(f"{name}={os.environ.get(name, '')}" for name in _DISPLAYS)
        return DgnError(
            f"The window cannot open: the display does not answer ({shown}).",
            f"Start it on the desktop that you are logged in to. {_WITHOUT}",
        )
    first = " ".join((warned or said).split())[:300]
    return DgnError(f"The window cannot open ({first}).", _WITHOUT)


def _missing_library(title: str, name: str, window: bool) -> DgnError:
    package = _LIBRARIES.get(name)
    how = f"Install the package of your system that brings {name}"
    if package:
        how = f"Install it, on Debian and Ubuntu with: sudo apt install {package}"
    without = f". {_WITHOUT}" if window else ""
    return DgnError(f"The system library {name} is missing, which {title} needs.", how + without)


def _loaded_part(error: BaseException) -> str | None:
    """The package that was being loaded when ``error`` was raised."""
    owner = (getattr(error, "name", None) or "").partition(".")[0]
    if isinstance(error, ImportError) and owner in _PARTS:
        return owner
    found = next((part for part in _loading(error) if part in _PARTS), None)
    if found is None and isinstance(error, ImportError) and "libGL" in str(error):
        found = "PySide6"
    return found


def _loading(error: BaseException) -> Iterator[str]:
    """The packages whose modules were being run, the innermost first."""
    trace, names = error.__traceback__, []
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code.co_name == "<module>":
            names.append(str(frame.f_globals.get("__name__", "")).partition(".")[0])
        trace = trace.tb_next
    return reversed(names)


def _pip(what: str) -> str:
    return f"python -m pip install {what}"
