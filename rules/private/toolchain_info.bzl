"""The provider of the toolchain that holds the tool."""

MonowheelToolchainInfo = provider(
    doc = "The tool `monowheel` for the actions of one execution platform.",
    fields = {
        "tool": "FilesToRunProvider: the executable.",
    },
)
