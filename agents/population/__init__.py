"""The population: agents in slots, the genotypes they carry, and their views in Mesa."""
