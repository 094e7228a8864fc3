"""How an organisation looks to its guests: a colour that can be read, a logo that does nothing."""
