"""The entry of the program: sets the environment, then hands over to the command line."""

import os
import sys


def main() -> None:
    """Run ``dgn-explorer``."""
    # Waiting OpenMP threads that spin slow everything 10 to 100 times on a busy machine; the
    # variable is read once, when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if sys.platform == "win32":
        import torch  # noqa: F401 - must come before Qt there: pytorch/pytorch#166628
    from dgn_explorer.cli import run

    run()


def main_window() -> None:
    """Open the window without a console."""
    sys.argv[1:1] = ["open"]
    main()


if __name__ == "__main__":
    main()
