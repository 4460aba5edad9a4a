"""The demo: a first canary from end to end, told by the commands that a person would type.

`story` is what is told, as data. `runner` prints each command and runs exactly that. `training` fits and
logs the models, in a process of its own; only there are mlflow and scikit-learn imported. `ours` keeps the
demo's hands off what is a person's own.
"""
