"""The vocabulary: what ticket tools call their columns and states, as data, one file a tool."""
