"""The nouns: what a person asks for, what can serve, who gets which share, and what is known of it.

Imports nothing of ours but itself, no vendor library but pydantic, and does no I/O.
"""
