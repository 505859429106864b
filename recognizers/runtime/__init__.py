"""What computes a recognizer's network: torch, or ONNX Runtime."""
