"""What a stranger adds, each in one file and one row."""
