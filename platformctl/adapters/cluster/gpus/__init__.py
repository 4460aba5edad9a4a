"""GPUs of the nodes: how many are free, and what that means for a revision before it is made."""
