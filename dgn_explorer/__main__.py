"""The entry of the program: sets the environment, then hands over to the command line."""

import os
import sys
from contextlib import suppress

from dgn_explorer.machine.missing import missing_part
from dgn_explorer.machine.start_failure import told


def main() -> None:
    """Run ``dgn-explorer``."""
    # Waiting OpenMP threads that spin slow everything 10 to 100 times on a busy machine; the
    # variable is read once, when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if sys.platform == "win32":
        with suppress(Exception):  # who needs it says why it cannot be loaded
            import torch  # noqa: F401 - must come before Qt there: pytorch/pytorch#166628
    try:
        from dgn_explorer.cli import run
    except ImportError as error:
        problem = missing_part(error)
        if problem is None:
            raise
        sys.exit(f"Error: {told(problem, None).message}\n{problem.hint}")
    run()


def main_window() -> None:
    """Open the window without a console."""
    sys.argv[1:1] = ["open"]
    main()


if __name__ == "__main__":
    main()
