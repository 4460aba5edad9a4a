"""Images: built, looked up and pushed by docker, podman or buildah, whichever is on this machine.

context     the files that they are made of: a checkout's, or those that the wheel brings
network     the indexes, proxies and certificates of this machine, for the build alone
tools       the three programs, and which of them is there
"""
