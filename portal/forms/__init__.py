"""What people may type: forms, and what they become."""
