"""What belongs to the window as a whole: opening, closing, permission, about."""
