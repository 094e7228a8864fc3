"""What was seen of one device in the days not yet sealed, and why it is or is not online."""
