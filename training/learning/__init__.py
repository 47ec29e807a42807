"""What is learned and how: encoder, losses, adversary, one step, and its pace.

Read `build`, `objective` and `trainer` first.
"""
