"""Alias: where version 0.1.0 had `resnet_viz.quantities`; files written for it still load."""
