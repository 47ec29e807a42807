"""Caffe's networks: prototxt and caffemodel to torch modules.

Read `caffe_loader`, then `caffe_net` (the graph), `caffe_layers` (one function a layer type),
`caffe_modules`; below them `prototxt`, `protobuf_wire` and `caffe_files` read the files.
"""
