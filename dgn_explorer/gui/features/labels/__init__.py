"""Labels of units by named things: how a dissection is shown, saved and put beside another."""
