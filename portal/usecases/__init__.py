"""Everything that changes something.

A use-case requires, moves, writes, records, and returns. It never sees a request, never
commits, and never talks to the outside world: it leaves rows for jobs to find.
"""
