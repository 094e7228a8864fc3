"""The requisition desk: a small site of its own, for an administration network."""
