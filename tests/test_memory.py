"""Freed memory stays with the process that asked for that."""

import platform
import subprocess
import sys

import pytest

PROBE = """
import resource, sys
import torch
from dgn_explorer.machine.memory import keep_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(2**24)  # 64 MiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

torch.set_num_threads(1)
if sys.argv[1] == "kept":
    keep_memory(torch.device("cpu"))
faults()
print(faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_large_blocks_are_used_again() -> None:
    assert _faults("kept") < 1_000 < _faults("as it is")


def _faults(how: str) -> int:
    """How many pages 20 blocks of 64 MiB, one after another, had to ask the system for."""
    run = subprocess.run(
        [sys.executable, "-c", PROBE, how], capture_output=True, text=True, check=True
    )
    return int(run.stdout)
