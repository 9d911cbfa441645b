"""Published runs, and comparison with them. There is one data folder per publication."""
