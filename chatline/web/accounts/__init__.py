"""Signing in: a password with a passkey or a code, or a passkey alone; by django-allauth, with pages of our own.

Read `urls.py` for what there is, `gate.py` for who gets past it, `adapters.py` for what is ours in the way it works.
"""
