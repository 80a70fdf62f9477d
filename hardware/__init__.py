"""Devices of the counter: scanners, card readers, printers, drawers, displays.

This room knows neither Qt nor the ledger. Everything a device has to say leaves it as a frozen
event (`hardware.events`); everything it is asked to print enters as a document
(`hardware.documents`). Vendor libraries live only in `hardware.drivers` and `hardware.emulators`.
"""
