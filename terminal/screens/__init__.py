"""Screens draw a frozen view and forward what the person did; they decide nothing."""
