"""What touches the world: one vendor library an adapter; adapters know the ports, not each other."""
