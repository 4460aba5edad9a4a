"""What is recorded of a deployment on its HTTPRoute, how that is replaced, and who may."""
