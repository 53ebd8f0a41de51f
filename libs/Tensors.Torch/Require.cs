global using Require = QwenMesh.Tensors.Requirements<QwenMesh.Tensors.Torch.TorchTensor>;
