"""The composition root: the only place that knows every room, and names devices and drivers."""
