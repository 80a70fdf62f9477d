"""Concrete devices. Only the composition root names one; everyone else sees `hardware.ports`."""
