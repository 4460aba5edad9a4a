"""Envoy as the stable address of a local stack: who gets which request, and what came of it.

The only code that knows Envoy. `table` says what is wanted, `bootstrap`, `clusters` and `routes` render it
(pure), `files` writes it, `admin` asks Envoy, `router` puts these in the order that loses no request,
and `counters` reads the figures.
"""
