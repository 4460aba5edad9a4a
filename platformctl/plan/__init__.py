"""Decisions of a deployment, pure: which version, what changes, how many replicas, and what is wrong."""
