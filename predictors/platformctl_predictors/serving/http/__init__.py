"""HTTP: the two inference routes, answered in front of kserve."""
