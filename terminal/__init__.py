"""The cashier application; the only folder that knows Qt."""
