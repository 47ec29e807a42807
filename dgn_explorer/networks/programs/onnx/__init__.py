"""ONNX graphs as differentiable torch modules: a table of operators, by name and version.

Read `table` first: one row an operator. The functions of the rows are in the modules named after
what they do (`elementwise`, `shapes`, `convolutions`, ...); each takes the `node.Node` it computes
and the values of its inputs. `graph` writes a whole graph, `modules` says which nodes own weights,
`folding` computes once what no pixel changes, `comparison` asks others whether all that is right.
"""
