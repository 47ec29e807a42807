"""The generator architectures; `building` finds them by the name that a prior file gives them."""
