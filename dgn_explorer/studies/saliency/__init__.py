"""Where in a photograph a unit looks.

Read `about` for what can be asked, `making` for the order of the work, `scene` for how a unit is
read, then one module a family: `gradients`, `rules` (guided backprop, DeconvNet), `grad_cam`,
`occlusion`; `randomising` and `deletion` check a map.
"""
