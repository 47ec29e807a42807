"""Pictures that come with the program: `sheet` says what one is, `sheet_file` reads it."""
