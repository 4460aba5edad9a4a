"""A Prometheus server, asked by its HTTP interface.

Modules:
    client: one question, in bounded time, and what can go wrong.
    metrics: figures that only their owner understands: one number a query.
"""
