"""Train a prior for any network and photographs: one command, one folder, one file in the end.

To read it in one sitting, in this order:

``settings``            what can be chosen, the presets, and what a run under way may still change

``photographs/``        knows nothing of networks
    ``cache``           folders and zips, decoded once into a memory-mapped file
    ``data``            batches, a pure function of seed and step
    ``own_size``        photographs of few pixels are compared at their own size
    ``device_photos``   all of them in the memory of a GPU

``learning/``           knows no folders
    ``encoder``         codes: principal components of a map, or the units of a flat layer
    ``statistics``      one pass over photographs for the encoder
    ``build``           networks opened, sizes found, generator and discriminator made
    ``losses``          image, feature and code losses
    ``adversary``       discriminators, and who pauses when
    ``chance``          the random numbers of a step
    ``objective``       one pass: encode, generate, compare, judge, and the gradients
    ``schedule``        how the learning rate rises and falls
    ``optimisers``      Adam, and its state on another device
    ``trainer``         one step: passes, averages, the weights moved
    ``warm_start``      the code and the weights of a finished prior
    ``pace``            steps on one GPU that wait for nothing
    ``world``           one process or several (torchrun)

``running/``            a run in its folder
    ``run``             the loop, and everything that it writes: start here to call it from Python
    ``folder``, ``lock``  what others can see of a run, how to stop it, and that it is alone
    ``metrics``, ``samples``, ``card``, ``checkpoint``   what a run leaves behind
    ``layers``          several layers of one network, trained alike
    ``estimate``        the dry run
    ``devices``         CPU, CUDA or MPS

``shapes``              the example of *over training*

The method is that of Dosovitskiy & Brox (2016), "Generating images with perceptual similarity
metrics based on deep networks"; the defaults differ from it where measurements said so.

From Python:

>>> from pathlib import Path
>>> from dgn_explorer.training.running.run import run_settings
>>> settings = run_settings(Path("my-run"), ("photos.zip",), (1.0,), {"hours": 2.0})
>>> settings.generator, settings.image_size
('compact', 128)

and then ``train(settings, Path("my-run"), ...)``.
"""
