"""Published layer names (conv5, fc6, ...) of networks whose own paths are numbers."""

from torch import nn

# torchvision's AlexNet is the one-column version of Krizhevsky 2014; names as in Caffe's AlexNet.
_ALEXNET = {
    "conv1": "features.0",
    "pool1": "features.2",
    "conv2": "features.3",
    "pool2": "features.5",
    "conv3": "features.6",
    "conv4": "features.8",
    "conv5": "features.10",
    "pool5": "features.12",
    "fc6": "classifier.1",
    "fc7": "classifier.4",
    "fc8": "classifier.6",
}
_VGG_HEADS = (
    {"fc6": "classifier.0", "fc7": "classifier.3", "fc8": "classifier.6"},  # torchvision
    {"fc6": "pre_logits.fc1", "fc7": "pre_logits.fc2", "fc8": "head.fc"},  # timm
)


def published_names(architecture: str, module: nn.Module) -> dict[str, str]:
    """Alias -> module path for AlexNet and VGG, empty for other architectures.

    >>> published_names("resnet50", nn.Sequential())
    {}
    """
    if architecture == "alexnet":
        return dict(_ALEXNET)
    if architecture.startswith("vgg"):
        return _vgg(module)
    return {}


def _vgg(module: nn.Module) -> dict[str, str]:
    """conv1_1 ... conv5_4 and pool1 ... pool5 by counting, as the depths differ."""
    names: dict[str, str] = {}
    block, place = 1, 1
    for path, child in module.named_modules():
        if not path.startswith("features."):
            continue
        if isinstance(child, nn.Conv2d):
            names[f"conv{block}_{place}"] = path
            place += 1
        elif isinstance(child, nn.MaxPool2d):
            names[f"pool{block}"] = path
            block, place = block + 1, 1
    paths = {path for path, _ in module.named_modules()}
    for head in _VGG_HEADS:
        if set(head.values()) <= paths:
            names.update(head)
    return names
