"""Rows of guests as people: accounts, contacts to be proven, devices, consent, what is theirs."""
