"""Requests through the Gateway, when it serves what was committed, and what the servers counted and wrote."""
