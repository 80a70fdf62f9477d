"""Settings of the programme, one module per area; `sync.domain.programme` puts them together.

Plain data with their bounds, no rules: the module of the same area decides what they mean.
"""
