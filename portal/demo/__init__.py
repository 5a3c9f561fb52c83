"""Harrow & Lane Instruments: a made-up maker of marine instruments, for a first look.

What is here are facts of that company and the order of its days; everything in the database is
made by the same use-cases that people's clicks call. Nobody in it is a real person.
"""
