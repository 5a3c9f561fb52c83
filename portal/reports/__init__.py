"""Evidence: plain data in, bytes out. Nothing here knows the database or a request."""
