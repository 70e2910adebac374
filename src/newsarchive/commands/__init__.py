"""The commands, one module a family; each imports what is heavy only once it is called."""
