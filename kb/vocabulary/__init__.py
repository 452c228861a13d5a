"""The vocabulary: words as data: those of ticket tools, stages and their moves, priorities, dates, security."""
