"""What `make bench` measures: the portal through its own doors, beside a bare script.

Nothing here is imported by the portal. The same seed gives the same lists every time.
"""
