"""The ways out for letters, a file per channel. Only jobs go through them."""
