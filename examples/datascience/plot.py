"""Draw a random walk and its rolling mean into a PNG file."""

import sys

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd


def main() -> None:
    """Write the file that the first argument names."""
    walk = pd.Series(np.random.default_rng(seed=7).normal(size=500).cumsum())
    axes = walk.plot(label="walk", figsize=(8, 4))
    walk.rolling(25).mean().plot(ax=axes, label="rolling mean")
    axes.legend()
    plt.savefig(sys.argv[1])


if __name__ == "__main__":
    main()
