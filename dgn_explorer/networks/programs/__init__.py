"""Networks that come as programs: TorchScript, torch.export and ONNX.

Read `program_loader` and `onnx_loader` first; `graphs` tidies what they give.
"""
