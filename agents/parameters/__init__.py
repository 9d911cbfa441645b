"""The parameters of a run: blocks of an experiment file, their parts, ranges and checks."""
