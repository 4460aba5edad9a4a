"""The command line: one file a verb. Handlers read arguments, call a use case, and show what it says.

Data goes to stdout, everything else to stderr. No decision about a deployment is made here, and
`main` imports nothing but click: what a verb needs is imported when the verb is.
"""
