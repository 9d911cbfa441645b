"""Selection: who leaves children. One rule a file."""
