"""What a cluster has to be for us, a module a subject: what is, what is needed, what mends it.

Pure, but for `discovery`, which asks; `checks` is the front door, and `rights` the table of all that we do.
"""
