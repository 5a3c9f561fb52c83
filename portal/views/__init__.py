"""The doors: a blueprint per noun. A view reads, calls one thing, and answers."""
