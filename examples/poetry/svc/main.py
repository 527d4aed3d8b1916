"""A service that greets."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def hello() -> dict[str, str]:
    """Greet."""
    return {"message": "Hello World"}
