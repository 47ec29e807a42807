"""Networks that come as weights: torchvision, timm, EfficientNet-Lite and the user's own factories.

`weights_loader` is the entry for a file of weights, `series` for a folder of checkpoints.
"""
