"""The command line: one thin function per command, one module per group of them."""
