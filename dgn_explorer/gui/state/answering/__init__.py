"""What answers take and are made of: combinations, analyses, step sizes, expected times."""
