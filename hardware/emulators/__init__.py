"""Stand-ins for devices that behave like the real thing at its own interface.

They are used by tests, by the demo and by a technician without the device at hand.
"""
