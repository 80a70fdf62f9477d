"""Operations told as data: what a form asks, what it would come to, how it is committed.

One module per area; `catalogue.OPERATIONS` lists them all. The same words name an operation and its
fields on the screen, in a scenario file and when a till is driven without a window.
"""
