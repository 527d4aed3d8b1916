"""Runs pytest as `bazel test` asks for: report, filter and shards (https://bazel.build/reference/test-encyclopedia)."""

import os
import sys
from pathlib import Path

import pytest


class Shard:
    """Takes each n-th test, where Bazel splits a target."""

    def __init__(self, index: int, total: int) -> None:
        self.index = index
        self.total = total

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        others = [item for number, item in enumerate(items) if number % self.total != self.index]
        items[:] = items[self.index :: self.total]
        config.hook.pytest_deselected(items=others)


def main() -> int:
    arguments = ["-p", "no:cacheprovider", "-v", *sys.argv[1:]]
    plugins = []
    if report := os.environ.get("XML_OUTPUT_FILE"):
        arguments.append(f"--junitxml={report}")
    if wanted := os.environ.get("TESTBRIDGE_TEST_ONLY"):
        arguments += ["-k", wanted]
    if total := int(os.environ.get("TEST_TOTAL_SHARDS", "0")):
        Path(os.environ["TEST_SHARD_STATUS_FILE"]).touch()
        plugins.append(Shard(int(os.environ["TEST_SHARD_INDEX"]), total))
    status = pytest.main(arguments, plugins)
    # A shard may be left with nothing to do.
    return 0 if plugins and status == pytest.ExitCode.NO_TESTS_COLLECTED else int(status)


if __name__ == "__main__":
    sys.exit(main())
