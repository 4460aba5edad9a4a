"""How fast the model servers are, beside the tutorial pattern: `python -m benchmarks.serving`.

Servers run on one core, the load generator (this process) on another. All servers of a table are up
together and are asked in turns, round after round; figures are medians of the rounds. What is served is
what ships: validation and metrics are on, each request has trace headers, each answer's status is looked
at, and a sample of the scores is compared with those of the pipeline itself.
"""
