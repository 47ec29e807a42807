"""Network Dissection: which units of a layer answer to which named things.

Read `about`, then `dissecting` (the whole), `labelling` (which pixels have which name), `largest`
(the strongest places of every unit, exact), `counting` (intersections over unions), `resuming`
(what survives a kill) and `labels`, which window and command line read the result by.
"""
