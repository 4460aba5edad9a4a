"""The server: requests in, answers out, on HTTP and gRPC."""
