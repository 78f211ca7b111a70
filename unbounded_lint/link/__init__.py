"""From the facts of single files to a linked project that rules can ask."""
