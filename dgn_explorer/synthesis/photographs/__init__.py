"""What a network makes of many photographs, measured once and kept.

Read `shards` (what is kept, a photograph at a time), `measuring` (the pass that fills it), then
`measured` (what is asked of it) and `fields` (which part of a photograph a place looks at).
"""
