"""Proposals: where a mutation's new belief comes from. One kind a file."""
