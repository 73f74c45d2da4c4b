"""Samples and events are kept, once, in order, for as long as they are needed."""
