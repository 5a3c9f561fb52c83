"""The rules of access review, and nothing else.

Everything here is a pure function or a table: no framework, no database, no clock.
A rule that needs the time is handed the time.
"""
