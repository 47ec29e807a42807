"""Commands that ask about photographs, photo sets and concepts."""
