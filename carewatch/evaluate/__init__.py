"""Detectors measured on recordings of real people; one dataset a module."""
