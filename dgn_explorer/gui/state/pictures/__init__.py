"""Pictures that the window keeps by key: thumbnails of results, and examples of the program."""
