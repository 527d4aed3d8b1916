"""The service that takes orders."""

from fastapi import FastAPI
from shared import Order

app = FastAPI()


@app.post("/orders")
def take(order: Order) -> Order:
    """Take an order and give it back."""
    return order
