"""What happens without anyone watching. A job finds work, does it by a use-case, and tells."""
