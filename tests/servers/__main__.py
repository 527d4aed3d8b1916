"""Start servers by hand: prints Bazel's flags for them and serves until it is interrupted."""

import argparse
import contextlib
import signal
import sys

from . import ServerError, buildgrid, nginx, worker


def main() -> int:
    """Serve what the command line names."""
    parser = argparse.ArgumentParser(prog="python3 -m servers", description=__doc__)
    parser.add_argument("kind", choices=["http", "grpc", "execution"], help="nginx, BuildGrid, BuildGrid with a worker")
    parser.add_argument("--runner", choices=["bubblewrap", "hosttools"], default="bubblewrap")
    kind = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(nginx() if kind.kind == "http" else buildgrid())
            if kind.kind == "execution":
                print("worker:", stack.enter_context(worker(server, runner=kind.runner)), file=sys.stderr)
        except ServerError as error:
            print(f"servers: {error}", file=sys.stderr)
            return 1
        print(*(server.execution_flags if kind.kind == "execution" else server.cache_flags), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
