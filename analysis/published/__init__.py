"""Published runs, and how ours compare with them. A folder of data a publication."""
