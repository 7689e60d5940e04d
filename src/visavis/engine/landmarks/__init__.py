"""468 landmarks of a face, its regions, and which way the head is turned."""
