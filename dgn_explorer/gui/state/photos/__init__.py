"""What the page of photos shows besides answers: quick looks, strips of layers, films."""
