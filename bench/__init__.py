"""How fast labflow is, as ratios to what this machine can do in the same run: `python -m bench`."""
