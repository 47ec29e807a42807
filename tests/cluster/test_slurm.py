"""The example for SLURM makes the jobs that it says, as far as that shows without SLURM."""

import re
from pathlib import Path
from typing import Any

import pytest

dask_jobqueue = pytest.importorskip("dask_jobqueue", reason="needs dask-jobqueue")

PAGE = Path(__file__).parents[2] / "docs/cluster.md"


@pytest.fixture
def cluster() -> Any:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    made, rest = example.split("cluster.adapt(")
    assert rest.startswith("maximum_jobs=") and "cluster.scheduler_address" in rest
    # it only says what its jobs are: no scheduler is started
    arguments = made.partition("SLURMCluster(")[2].rpartition(")")[0]
    how = eval(f"dict({arguments})")
    return dask_jobqueue.slurm.SLURMJob(
        "tcp://10.0.0.1:8786", name="dgn", **how, worker_extra_args=[]
    )


def test_the_script_asks_for_a_gpu_and_starts_one_worker(cluster: Any) -> None:
    lines = cluster.job_script().splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    asked = {line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH")}
    assert {"-p gpu", "-t 04:00:00", "--gres=gpu:1", "--mem=15G"} <= asked
    assert "source ~/dgn/bin/activate" in lines and "export OMP_WAIT_POLICY=PASSIVE" in lines
    worker = lines[-1]
    assert "tcp://10.0.0.1:8786" in worker and "--nthreads 1" in worker
    before = lines.index("source ~/dgn/bin/activate")
    assert before < lines.index(worker), "the environment is there before the worker"
