"""The command line of the service."""

import sys

import uvicorn


def main() -> None:
    """Serve on the port that the first argument names."""
    uvicorn.run("api:app", port=int(sys.argv[1]))
