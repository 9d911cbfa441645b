"""The evaluation: the battery is run on every genotype, and scores are judged."""
