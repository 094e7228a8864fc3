"""How equipment and sites are: states, reasons in words, announced maintenance; no I/O."""
