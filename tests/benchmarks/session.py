"""The measuring process of one set-up: `python -m tests.benchmarks.session W1 W2 ...`. Started by tests.benchmarks."""

import os
import sys
import traceback

import django

import config.celery  # noqa: F401  # by which the publisher sends
from config.runtime import broker_socket
from tests.processes import data_folder

django.setup()
os.environ["RAW_SOCKET"] = str(broker_socket(data_folder()))

from tests.benchmarks import decisions, history, locks, models, sizes, steps, watchers  # noqa: E402
from tests.benchmarks.measured import measured  # noqa: E402

WORKLOADS = {
    "W1": steps.one_run,
    "W2": steps.many_runs,
    "W3": steps.fan_out,
    "W4": models.many_models,
    "W5": decisions.decisions,
    "W7": sizes.chains,
    "W7-locks": locks.held,
    "W7-agent": locks.resumed,
    "W8": watchers.watchers,
    "W9": history.history,
}
BESIDE_RAW = {"W1", "W2", "W3"}


def main() -> int:
    wanted = sys.argv[1:]
    try:
        with measured(with_raw=bool(BESIDE_RAW & set(wanted))) as found:
            for name in wanted:
                WORKLOADS[name](found)
    except (TimeoutError, RuntimeError):
        traceback.print_exc()
        return 1
    except SystemExit:
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # Celery's results would try to reach the stopped broker for a long time
