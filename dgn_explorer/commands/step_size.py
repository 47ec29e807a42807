"""The step size of a network with a prior: remembered, or found by a short sweep."""

from dataclasses import replace

from dgn_explorer.commands.ascent_options import Ascent
from dgn_explorer.commands.opening import opened_network
from dgn_explorer.commands.terminal import StatusLine, say
from dgn_explorer.engine.messages import Opened
from dgn_explorer.synthesis.parameters import DgnAmParameters, Parameters
from dgn_explorer.synthesis.step_sizes import is_tuned, remember_step, remembered_step


def with_step_size(
    ascent: Ascent, opened: Opened, network: str, prior: str, device: str | None
) -> Parameters:
    """The parameters, with the step size that suits what is open unless the user has chosen one.

    A line on stderr says which it is.
    """
    parameters = ascent.parameters
    if not ascent.automatic or not isinstance(parameters, DgnAmParameters):
        return parameters
    if is_tuned(opened.network.name, opened.prior.name):
        return parameters
    pair = opened.network.fingerprint, opened.prior.fingerprint
    size = remembered_step(*pair)
    source = "remembered"
    if size is None:
        size = _find(network, prior, device)
        source = "found by a sweep"
        remember_step(*pair, size)
    say(
        f"Step size {size:g} for {opened.network.title} with {opened.prior.name}, {source};"
        " --step-size changes it",
        err=True,
    )
    return replace(parameters, step_start=size)


def gentler(parameters: Parameters) -> Parameters:
    """``parameters`` for a start from a photograph, which larger steps would wipe out.

    The published run from a photograph takes an eighth of the usual step (1 instead of 8).
    """
    if not isinstance(parameters, DgnAmParameters):
        return parameters
    size = parameters.step_start / 8
    say(f"Step size {size:g} from a photograph; --step-size changes it", err=True)
    return replace(parameters, step_start=size)


def _find(network: str, prior: str, device: str | None) -> float:
    from dgn_explorer.machine.device import choose_device
    from dgn_explorer.priors.opening import open_prior
    from dgn_explorer.synthesis.step_sweep import best_step, sweep

    chosen, line = choose_device(device), StatusLine()
    shares = sweep(
        opened_network(network, chosen),
        open_prior(prior, chosen),
        lambda done, total: line.say(f"Finding a step size: {done} of {total}", last=done == total),
    )
    line.end()
    return best_step(shares)
