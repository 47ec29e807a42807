"""Train a prior: data, code statistics, losses and the loop."""
