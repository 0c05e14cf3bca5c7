"""Any PyTorch net: its blocks and shortcuts, found in autograd's graph of one forward pass."""
