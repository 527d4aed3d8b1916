"""What both services speak of."""

from pydantic import BaseModel


class Order(BaseModel):
    """An order as it goes over the wire."""

    number: int
    items: list[str]
