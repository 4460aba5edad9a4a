"""What a cluster has to be for us, a module a subject: what is, what is needed, what mends it. Pure."""
