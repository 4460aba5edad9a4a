"""How revisions are: what is asked of the cluster for that, what it means, and why one is not ready."""
