global using Require = QwenMesh.Tensors.Requirements<QwenMesh.Tensors.Cpu.CpuTensor>;
