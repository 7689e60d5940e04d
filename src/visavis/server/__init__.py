"""The HTTP server: where engine, store, use cases and protocols meet."""
