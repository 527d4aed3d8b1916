"""The command line of the service."""

import sys

import orjson
from shared import Order


def main() -> None:
    """Read one order from standard input and write how many items it has."""
    order = Order.model_validate(orjson.loads(sys.stdin.buffer.read()))
    sys.stdout.buffer.write(orjson.dumps({"number": order.number, "items": len(order.items)}) + b"\n")
