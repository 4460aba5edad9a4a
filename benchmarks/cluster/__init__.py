"""What a cluster costs whoever asks it: see `__main__`."""
