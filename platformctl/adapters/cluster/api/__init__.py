"""An API server: which one and as whom, HTTP to it, objects as JSON has them, and what its refusals mean."""
