"""What `make` runs on the machine itself: setting up, starting, resetting the demo."""
