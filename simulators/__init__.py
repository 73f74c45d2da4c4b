"""Devices, residents and faults, with ground truth."""
