"""One presenter per screen (`sale.py`), and the frozen view it makes (`sale_view.py`). No Qt."""
