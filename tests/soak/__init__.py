"""A robot that uses the real window for as long as one likes."""
